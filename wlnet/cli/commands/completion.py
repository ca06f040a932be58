"""Print a script that completes commands, flags and files in a shell.

  bash: wlnet completion bash > ~/.local/share/bash-completion/completions/wlnet
  zsh:  wlnet completion zsh > ~/.zfunc/_wlnet     where fpath has ~/.zfunc, before compinit
  fish: wlnet completion fish > ~/.config/fish/completions/wlnet.fish

It is made of what this version of wlnet takes: make it anew after an update.
"""

from __future__ import annotations

import argparse

from wlnet.cli.answer import Answer
from wlnet.cli.completions import SHELLS, script


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("shell", choices=tuple(SHELLS), help="for which shell")


def run(asked: argparse.Namespace) -> Answer:
    """Make the script."""
    from wlnet.cli.command import arguments as every_argument  # lazy: that room knows this one

    text = script(every_argument(), asked.shell)
    return Answer(text.rstrip("\n"), {"Shell": asked.shell, "Script": text})
