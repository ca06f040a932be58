"""Completion in shells: what a script offers is what the command line takes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from wlnet.cli.command import COMMANDS

BASH = shutil.which("bash")
ASK = """
source ./script
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_wlnet
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def offered(wlnet: Command) -> object:
    """What bash offers behind these words, of which the last is being typed."""
    if BASH is None:
        pytest.skip("there is no bash here")
    Path("script").write_text(wlnet("completion", "bash").out)

    def ask(*words: str) -> list[str]:
        text = ASK.format(words=" ".join(f"'{word}'" for word in ("wlnet", *words)))
        found = subprocess.run([BASH, "-c", text], capture_output=True, text=True, check=True)
        assert found.stderr == ""
        return found.stdout.split()

    return ask


def test_bash_offers_commands_first(offered: Command) -> None:
    assert offered("") == list(COMMANDS)
    assert offered("--json", "pre") == ["predict", "precompile"]
    assert "--version" in offered("-")


def test_bash_offers_the_flags_of_the_command(offered: Command) -> None:
    assert offered("train", "net.wlnet", "--learning") == ["--learning-rate"]
    assert offered("rules", "--learning") == []


def test_bash_offers_values_where_they_are_known(offered: Command) -> None:
    assert offered("predict", "net.wlnet", "--format", "js") == ["json", "jsonl"]
    assert offered("completion", "") == ["bash", "zsh", "fish"]


def test_bash_leaves_files_to_itself(offered: Command) -> None:
    assert offered("info", "net") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_is_offered_every_command_and_flag(wlnet: Command, shell: str) -> None:
    script = wlnet("completion", shell).out
    assert wlnet("completion", shell, "--json").value == {"Shell": shell, "Script": script}
    flags = wlnet("train", "--help").out.split()
    for word in [*COMMANDS, *(flag.strip(",[]") for flag in flags if flag.startswith("[--"))]:
        assert word.lstrip("-") in script, word


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_reads_its_script(wlnet: Command, shell: str) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"there is no {shell} here")
    Path("script").write_text(wlnet("completion", shell).out)
    told = subprocess.run([found, "-n", "script"], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def test_fish_knows_which_flags_take_a_value(wlnet: Command) -> None:
    lines = wlnet("completion", "fish").out.splitlines()
    of_train = [line for line in lines if "'__fish_seen_subcommand_from train'" in line]
    (rate,) = (line for line in of_train if "-l learning-rate" in line)
    (quiet,) = (line for line in of_train if "-l quiet" in line)
    assert " -r " in rate
    assert " -r " not in quiet and " -x " not in quiet
