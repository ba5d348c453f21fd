"""Mutation testing of the core: small changes to ``problem``, ``oracles`` and ``checks`` that some test must notice."""
