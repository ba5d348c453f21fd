"""Oracles: sources of numeric derivatives. Import the one that is needed; automatic differentiation costs an import."""
