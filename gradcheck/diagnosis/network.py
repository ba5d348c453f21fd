"""A feed-forward network as a diagnosis sees it: row-major, one sample a row, whatever the code's own layout.

``z_l = a_{l-1} W_l + b_l``, ``a_l = f(z_l)``, ``d_l = dL/dz_l``. Right back-propagation is ``d_l = dL/da_l * f'(z_l)``,
``dL/da_{l-1} = d_l W_l^T``, ``dW_l = a_{l-1}^T d_l``, ``db_l`` the sum of ``d_l`` over the batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Layer", "Network", "Part", "block_layers"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A value on the way from a pre-activation to its activation, entry by entry a function of it alone.

    Attributes
    ----------
    values, slope : ndarray (m, h)
        Itself, and its derivative with respect to ``z``.
    line : int
        Where the code computes it.
    """

    values: Array
    slope: Array
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One affine map and the activation after it, at one point; ``m`` samples, ``n`` inputs, ``h`` units.

    Attributes
    ----------
    weight, bias : str, str or None
        Names of the blocks; no bias where there is none, or where it is a row of the weights.
    weight_transposed : bool
        Whether the block holds ``weights.T``.
    weight_entries, bias_entries : ndarray of int (n, h) or (h,), or None
        Which entries of their blocks, in C order, they are, where one block holds several of them (a flat vector of
        all parameters); ``weight`` and ``bias`` are then that block, and ``weight_transposed`` is false.
    bias_in_weights : int or None
        The row of ``weights`` that is the bias (``inputs`` then has a column of ones there).
    bias_sign : int
        -1 for ``z = a W - b``.
    inputs : ndarray (m, n)
        The activation of the layer before, or the data.
    weights : ndarray (n, h)
    bias_values : ndarray (h,) or None
    pre_activation, output : ndarray (m, h)
        ``z`` and ``a``.
    output_adjoint, delta : ndarray (m, h)
        True ``dL/da`` and ``dL/dz``, of the whole loss as it is (a mean over the batch keeps its 1/m).
    slope : ndarray (m, h) or None
        ``f'(z)``; None where the activation mixes entries (softmax).
    activation : str
        ``sigmoid``, ``tanh``, ``relu``, ``leaky-relu``, ``softplus``, ``softmax``, ``linear``, one of
        ``catalogue.elementwise``, or ``unknown``.
    mask : ndarray (m, h) or None
        The factor that dropout applies to the activation (``inputs`` of the next layer are masked).
    parts : tuple of Part
        What is computed between ``z`` and ``a``, in order.
    names : mapping
        How the code calls ``inputs``, ``pre_activation``, ``output``, where known.
    """

    weight: str
    bias: str | None = None
    weight_transposed: bool = False
    weight_entries: npt.NDArray[np.intp] | None = None
    bias_entries: npt.NDArray[np.intp] | None = None
    bias_in_weights: int | None = None
    bias_sign: int = 1
    inputs: Array
    weights: Array
    bias_values: Array | None = None
    pre_activation: Array
    output: Array
    output_adjoint: Array
    delta: Array
    slope: Array | None = None
    activation: str = "unknown"
    mask: Array | None = None
    parts: tuple[Part, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Layers from the input to the output, at one point.

    Attributes
    ----------
    layers : tuple of Layer
    shapes : mapping of block name to shape
        All blocks, also those that belong to no layer.
    penalty : mapping of block name to ndarray
        The part of the true gradient that does not pass through the layers: regularisation. Absent where zero.
    other : mapping of block name to ndarray
        True gradients of blocks that belong to no layer (batch norm's scale, an embedding).
    targets : ndarray (m, k) or None
        What the loss compares the output with, one-hot for class numbers.
    loss : str
        ``mse``, ``bce``, ``ce``, ``unknown``; ``scale`` is what the sum of squares (half squares: 0.5), or of
        cross-entropies, is multiplied by.
    samples : int or None
        Of one batch, where the samples are those of several batches, each with a mean of its own.
    """

    layers: tuple[Layer, ...]
    shapes: Mapping[str, tuple[int, ...]]
    penalty: Mapping[str, Array] = field(default_factory=dict)
    other: Mapping[str, Array] = field(default_factory=dict)
    targets: Array | None = None
    loss: str = "unknown"
    scale: float | None = None
    samples: int | None = None

    @property
    def averaged(self) -> int:
        """Number of samples that a mean is over."""
        return self.samples or self.batch

    @property
    def batch(self) -> int:
        """Number of samples."""
        return int(self.layers[0].inputs.shape[0])

    @property
    def outputs(self) -> int:
        """Number of output units."""
        return int(self.layers[-1].output.shape[1])

    @property
    def features(self) -> int:
        """Number of inputs of the first layer, a column of ones not counted."""
        first = self.layers[0]
        return int(first.inputs.shape[1]) - (first.bias_in_weights is not None)


def block_layers(network: Network | None, names: Sequence[str]) -> dict[str, int]:
    """The layer of each block; by their order where no network is known."""
    if network is None:
        return {name: place for place, name in enumerate(names)}
    places = {layer.weight: index for index, layer in enumerate(network.layers)}
    places |= {layer.bias: index for index, layer in enumerate(network.layers) if layer.bias is not None}
    return {name: places.get(name, 0) for name in names}
