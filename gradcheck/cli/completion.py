"""``gradcheck completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from gradcheck.cli.helping import Command
from gradcheck.cli.options import session_options
from gradcheck.cli.screen import emit

__all__ = ["completion"]

PROGRAM = "gradcheck"
# What click is asked through when a shell completes.
VARIABLE = "_GRADCHECK_COMPLETE"
# How each shell takes its script, typed once.
INSTALLED = {
    "bash": "echo 'eval \"$(gradcheck completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(gradcheck completion zsh)\"' >> ~/.zshrc",
    "fish": (
        "mkdir -p ~/.config/fish/completions && gradcheck completion fish > ~/.config/fish/completions/gradcheck.fish"
    ),
}
# What zsh knows a file of completions by, on its first line, and what it has to have begun before one is registered.
ZSH_FIRST = "#compdef"
ZSH_BEGUN = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"


@click.command(cls=Command, short_help="Let a shell complete commands, options, files and ids.")
@click.argument("shell", metavar="SHELL", type=click.Choice(tuple(INSTALLED)))
@session_options
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print the script with which a shell completes commands, options, file names, and ids of bugs and networks.

    SHELL is bash (4.4 or newer), zsh or fish. The script's first lines say how to have it in every new shell.

    \b
    Examples:
      eval "$(gradcheck completion bash)"
      gradcheck completion fish > ~/.config/fish/completions/gradcheck.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source().strip()
    told = f"# To have it in every new shell:  {INSTALLED[shell]}"
    first, _, rest = script.partition("\n")
    if first.startswith(ZSH_FIRST):
        emit(f"{first}\n{told}\n{ZSH_BEGUN}{rest}")
    else:
        emit(f"{told}\n{script}")
    return 0
