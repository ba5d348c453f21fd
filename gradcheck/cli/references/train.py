"""``gradcheck references train``."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import IntRange, format_option, quiet_option, seed_option, session_options
from gradcheck.cli.references.catalogue import Training, begun, load_catalogue, pick
from gradcheck.cli.screen import emit, progress
from gradcheck.errors import InvalidArgumentError

__all__ = ["train"]

TEXTS_SEED = 42
MOST_PREDICTIONS = 10


@click.command(cls=Command, short_help="Train one network as its text does.")
@click.argument("identifier", metavar="ID", required=False, shell_complete=begun("trainings"))
@click.option("--epochs", metavar="N", type=IntRange(min=1), help="Other than the text's number of epochs.")
@format_option("text", "json")
@seed_option(TEXTS_SEED)
@quiet_option
@session_options
def train(identifier: str | None, epochs: int | None, output_format: str, seed: int, quiet: bool) -> int:  # noqa: FBT001
    """Run a training of the texts from its seed to its last line, printing its losses as the text does.

    Without an ID: the list of trainings.

    \b
    Examples:
      gradcheck references train 000-published
      gradcheck references train 002-corrected --seed 3 --epochs 10000
    """
    trainings = load_catalogue().trainings
    if identifier is None:
        emit(_list_to_json(trainings) if output_format == "json" else "\n".join(map(_told, trainings)))
        return 0
    training = pick(trainings, identifier, "training")
    silent = quiet or output_format == "json"
    with progress(f"Training {training.id}", quiet=quiet) as advance:

        def report(epoch: int, loss: float) -> None:
            advance(epoch, epochs or training.epochs)
            if not silent:
                emit(f"epoch {epoch}, loss {loss:.6g}")

        result = training.run(seed, report, **_epochs(training, epochs))
    emit(_to_json(training, seed, result) if output_format == "json" else _closing(result))
    return 0


def _told(training: Training) -> str:
    return f"{training.id:<24} {training.epochs:>7,} epochs  {training.title}"


def _list_to_json(trainings: Sequence[Training]) -> str:
    from gradcheck.reports.json import dump

    listed = [{"id": item.id, "epochs": item.epochs, "title": item.title} for item in trainings]
    return dump({"schema": "gradcheck/references-trainings@1", "trainings": listed})


def _epochs(training: Training, epochs: int | None) -> dict[str, int]:
    if epochs is None:
        return {}
    if "epochs" not in inspect.signature(training.run).parameters:
        raise InvalidArgumentError(f"--epochs {epochs}: the training '{training.id}' has a fixed number of epochs")
    return {"epochs": epochs}


def _closing(result: Any) -> str:
    lines = [f"final loss {float(result.losses[-1]):.6g} after {len(result.losses):,} epochs"]
    if result.accuracy is not None:
        lines.append(f"accuracy {result.accuracy:.1%}")
    if len(result.predictions) <= MOST_PREDICTIONS:
        lines += [
            f"output {_row(output)}, target {_row(target)}"
            for output, target in zip(result.predictions, result.targets, strict=True)
        ]
    return "\n".join(lines)


def _row(values: Any) -> str:
    return " ".join(f"{float(value):.4g}" for value in values)


def _to_json(training: Training, seed: int, result: Any) -> str:
    from gradcheck.reports.json import dump

    return dump(
        {
            "schema": "gradcheck/references-train@1",
            "training": training.id,
            "seed": seed,
            "epochs": len(result.losses),
            "losses": result.losses,
            "accuracy": result.accuracy,
            "predictions": result.predictions,
            "targets": result.targets,
        }
    )
