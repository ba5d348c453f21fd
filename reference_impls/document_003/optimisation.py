"""Document 003's learning-rate schedule and initialisers; both are right as published."""

from collections.abc import Callable

import numpy as np

from reference_impls.arrays import FloatArray

__all__ = ["AdaptiveLearningRate", "WeightInitializer"]

Rng = np.random.RandomState | np.random.Generator


class AdaptiveLearningRate:
    """Lower the learning rate when the loss has not improved for a while.

    Parameters
    ----------
    initial_lr : float
        Rate at the start, dimensionless.
    decay_rate : float
        Factor of each reduction, dimensionless.
    patience : int
        Updates without a new best loss before the rate is reduced. A loss that is not a number never is one.
    report : callable, optional
        Receives the new rate where the text prints it.

    Examples
    --------
    >>> schedule = AdaptiveLearningRate(initial_lr=1.0, decay_rate=0.5, patience=2)
    >>> [schedule.update(loss) for loss in (3.0, 3.0, 3.0, 2.0)]
    [1.0, 1.0, 0.5, 0.5]
    """

    def __init__(
        self,
        initial_lr: float = 0.01,
        decay_rate: float = 0.95,
        patience: int = 100,
        *,
        report: Callable[[float], None] | None = None,
    ) -> None:
        self.initial_lr = initial_lr
        self.current_lr = initial_lr
        self.decay_rate = decay_rate
        self.patience = patience
        self.best_loss = float("inf")
        self.wait = 0
        self.report = report

    def update(self, current_loss: float) -> float:
        """Return the rate to use after a loss, dimensionless."""
        if current_loss < self.best_loss:
            self.best_loss = current_loss
            self.wait = 0
            return self.current_lr
        self.wait += 1
        if self.wait >= self.patience:
            self.current_lr *= self.decay_rate
            self.wait = 0
            if self.report is not None:
                self.report(self.current_lr)
        return self.current_lr


class WeightInitializer:
    """Draw a weight matrix of shape ``(fan_in, fan_out)``, mean 0, dimensionless.

    References
    ----------
    X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010.
    K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers, ICCV 2015.
    """

    @staticmethod
    def xavier_uniform(fan_in: int, fan_out: int, *, rng: Rng) -> FloatArray:
        """Draw uniformly within ``sqrt(6 / (fan_in + fan_out))`` of zero: variance ``2 / (fan_in + fan_out)``."""
        limit = np.sqrt(6.0 / (fan_in + fan_out))
        return np.asarray(rng.uniform(-limit, limit, (fan_in, fan_out)))

    @staticmethod
    def xavier_normal(fan_in: int, fan_out: int, *, rng: Rng) -> FloatArray:
        """Draw from a normal distribution of variance ``2 / (fan_in + fan_out)``."""
        return np.asarray(rng.normal(0, np.sqrt(2.0 / (fan_in + fan_out)), (fan_in, fan_out)))

    @staticmethod
    def he_normal(fan_in: int, fan_out: int, *, rng: Rng) -> FloatArray:
        """Draw from a normal distribution of variance ``2 / fan_in``, meant for ReLU."""
        return np.asarray(rng.normal(0, np.sqrt(2.0 / fan_in), (fan_in, fan_out)))
