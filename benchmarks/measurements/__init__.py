"""The measurements, one file each: ``measure(quick=...)`` -> tables."""

from benchmarks import speed
from benchmarks.measurements import (
    cost,
    detection,
    evaluations,
    false_alarms,
    frameworks,
    isolation,
    kernels,
    localisation,
)

__all__ = ["MEASUREMENTS"]

MEASUREMENTS = {
    "cost": cost.measure,
    "evaluations": evaluations.measure,
    "localisation": localisation.measure,
    "false-alarms": false_alarms.measure,
    "detection": detection.measure,
    "frameworks": frameworks.measure,
    "isolation": isolation.measure,
    "kernels": kernels.measure,
    "speed": speed.measure,
}
