"""The child: answers about the networks of one submission, in the process that runs it."""
