"""Scripts for the completion of shells, made of the parser of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

Action = argparse.Action


@dataclass(frozen=True)
class Flag:
    """An option of a command: its spellings, what it is for, whether a value follows, and which
    values there are, where they are known."""

    names: tuple[str, ...]
    help: str
    has_value: bool
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A command: its flags, and words that may stand alone where these are known."""

    name: str
    help: str
    flags: tuple[Flag, ...]
    words: tuple[str, ...]


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script of a shell, one of SHELLS."""
    return SHELLS[shell](_flags(parser), tuple(_commands(parser)))


def _commands(parser: argparse.ArgumentParser) -> Iterator[Command]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            help_of = {each.dest: each.help or "" for each in action._choices_actions}
            for name, one in action.choices.items():
                words = (
                    str(word)
                    for each in one._actions
                    if not each.option_strings and each.choices
                    for word in each.choices
                )
                yield Command(name, help_of.get(name, ""), _flags(one), tuple(words))


def _flags(parser: argparse.ArgumentParser) -> tuple[Flag, ...]:
    return tuple(
        Flag(
            tuple(action.option_strings),
            "" if action.help in (None, argparse.SUPPRESS) else str(action.help).replace("%%", "%"),
            action.nargs != 0,
            tuple(map(str, action.choices or ())),
        )
        for action in parser._actions
        if action.option_strings
    )


Flags = tuple[Flag, ...]
Commands = tuple[Command, ...]


def _spellings(flags: Flags) -> str:
    return " ".join(name for flag in flags for name in flag.names)


def _values(commands: Commands) -> Iterator[tuple[str, Flag]]:
    """Flags whose values are known, by the pattern of command:flag that a shell matches."""
    for command in commands:
        for flag in command.flags:
            if flag.choices:
                yield "|".join(f"{command.name}:{name}" for name in flag.names), flag


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _bash(flags: Flags, commands: Commands) -> str:
    names = " ".join(command.name for command in commands)
    lines = [
        "# Completion of wlnet for bash.",
        "_wlnet() {",
        '    local word command="" cur="${COMP_WORDS[COMP_CWORD]}"',
        '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
        '        if [[ "$word" != -* ]]; then command="$word"; break; fi',
        "    done",
        "    COMPREPLY=()",
        '    case "$command:${COMP_WORDS[COMP_CWORD-1]}" in',
    ]
    for pattern, flag in _values(commands):
        words = " ".join(flag.choices)
        lines.append(f'        {pattern}) COMPREPLY=($(compgen -W "{words}" -- "$cur")); return ;;')
    lines += ["    esac", '    case "$command:$cur" in']
    lines.append(f'        :-*) COMPREPLY=($(compgen -W "{_spellings(flags)}" -- "$cur")) ;;')
    lines.append(f'        :*) COMPREPLY=($(compgen -W "{names}" -- "$cur")) ;;')
    for each in commands:
        words = _spellings(each.flags)
        lines.append(f'        {each.name}:-*) COMPREPLY=($(compgen -W "{words}" -- "$cur")) ;;')
        if each.words:
            words = " ".join(each.words)
            lines.append(f'        {each.name}:*) COMPREPLY=($(compgen -W "{words}" -- "$cur")) ;;')
    lines += ["    esac", "}", "complete -o bashdefault -o default -F _wlnet wlnet"]
    return "\n".join(lines) + "\n"


def _zsh(flags: Flags, commands: Commands) -> str:
    lines = [
        "#compdef wlnet",
        "_wlnet() {",
        '    local word command=""',
        "    local -a commands",
        "    for word in ${words[2,CURRENT-1]}; do",
        '        if [[ "$word" != -* ]]; then command="$word"; break; fi',
        "    done",
        "    commands=(",
        *(f"        {_quoted(f'{each.name}:{each.help}')}" for each in commands),
        "    )",
        '    case "$command:${words[CURRENT-1]}" in',
    ]
    for pattern, flag in _values(commands):
        lines.append(f"        {pattern}) compadd -- {' '.join(flag.choices)}; return ;;")
    lines += ["    esac", '    case "$command:$PREFIX" in']
    lines.append(f"        :-*) compadd -- {_spellings(flags)} ;;")
    lines.append("        :*) _describe command commands ;;")
    for each in commands:
        lines.append(f"        {each.name}:-*) compadd -- {_spellings(each.flags)} ;;")
        if each.words:
            lines.append(f"        {each.name}:*) compadd -- {' '.join(each.words)} ;;")
    lines += ["        *) _files ;;", "    esac", "}"]
    # A file in fpath is the function itself; what is sourced only declares it.
    lines.append(
        'if [[ "${funcstack[1]}" == _wlnet ]]; then _wlnet "$@"; else compdef _wlnet wlnet; fi'
    )
    return "\n".join(lines) + "\n"


def _fish(flags: Flags, commands: Commands) -> str:
    def row(when: str, flag: Flag) -> str:
        words = [f"complete -c wlnet -n {_quoted(when)}"]
        for name in flag.names:
            words.append(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}")
        if flag.has_value:
            words.append("-x" if flag.choices else "-r")
        if flag.choices:
            words.append(f"-a {_quoted(' '.join(flag.choices))}")
        return " ".join([*words, "-d", _quoted(flag.help)])

    first = "__fish_use_subcommand"
    lines = ["# Completion of wlnet for fish.", *(row(first, flag) for flag in flags)]
    for each in commands:
        lines.append(f"complete -c wlnet -n {first} -f -a {each.name} -d {_quoted(each.help)}")
        seen = f"__fish_seen_subcommand_from {each.name}"
        lines += [row(seen, flag) for flag in each.flags]
        if each.words:
            words = " ".join(each.words)
            lines.append(f"complete -c wlnet -n {_quoted(seen)} -f -a {_quoted(words)}")
    return "\n".join(lines) + "\n"


SHELLS: Mapping[str, Callable[[Flags, Commands], str]] = MappingProxyType(
    {"bash": _bash, "zsh": _zsh, "fish": _fish}
)
"""Shell -> what makes its script."""
