"""The version, read by the build backend and by ``gradcheck.__version__``."""

__version__ = "0.1.0.dev0"
