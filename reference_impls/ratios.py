"""What a claimed gradient is expected to be, as a multiple of the true one, block by block."""

from collections.abc import Callable, Mapping, Sequence

from reference_impls.records import Sizes

__all__ = ["BLOCKS_OF_TWO_LAYERS", "blocks_of_layers", "constant", "every_block"]


def blocks_of_layers(count: int) -> tuple[str, ...]:
    """Return ``W1, b1, W2, b2, ...`` for `count` layers."""
    return tuple(f"{kind}{number}" for number in range(1, count + 1) for kind in ("W", "b"))


BLOCKS_OF_TWO_LAYERS = blocks_of_layers(2)


def constant(value: float) -> Callable[[Sizes], float]:
    """Return a ratio (dimensionless) that no size changes."""
    return lambda _: value


def every_block(blocks: Sequence[str], ratio: Callable[[Sizes], float]) -> Callable[[Sizes], Mapping[str, float]]:
    """Return the mapping of each of `blocks` to one and the same ratio of the problem's sizes."""
    return lambda sizes: dict.fromkeys(blocks, ratio(sizes))
