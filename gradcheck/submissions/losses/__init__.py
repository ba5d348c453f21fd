"""Which scalar a training step descends: computed, called, printed, or implied by what it does."""
