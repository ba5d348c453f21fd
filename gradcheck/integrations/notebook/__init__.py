"""Notebooks: the magics of ``%load_ext gradcheck``, and figures of a check; libraries come when they are used."""

from gradcheck.integrations.notebook.magic import load_ipython_extension, unload_ipython_extension
from gradcheck.integrations.notebook.plots import plot_error, plot_gradient, plot_steps, plot_taylor

__all__ = [
    "load_ipython_extension",
    "plot_error",
    "plot_gradient",
    "plot_steps",
    "plot_taylor",
    "unload_ipython_extension",
]
