"""Print who decides the rate of each array, before anything is trained.

RULES are rules of net_train in their order, or TOML files of such; the first one that speaks of an
array decides, before the rules that the net itself carries. Without any, only those are shown.

  wlnet rules net.wlnet hidden/Weights=0.1 1:3=none '*'=1
"""

from __future__ import annotations

import argparse

from wlnet.cli.answer import Answer
from wlnet.cli.net_files import add_net, net_in
from wlnet.cli.rule_files import rules_of
from wlnet.cli.rule_texts import part_text, rule_text
from wlnet.core.multipliers import MultiplierTable, Verdict, multiplier_table
from wlnet.core.net import Net
from wlnet.core.phases import Phases
from wlnet.core.rules import ArrayKey

FORM = "PART=RATE, or a TOML file: hidden/Weights=0.1 1:3=none '*'=1; or a rate for all"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    add_net(parser)
    parser.add_argument("rules", metavar="RULES", nargs="*", help=FORM)


def run(asked: argparse.Namespace) -> Answer:
    """Work out the table; one for each phase."""
    from wlnet.nets.information import rates_table  # lazy: --help needs no net

    net = net_in(asked.net)
    rules = rules_of(asked.rules)
    phases = rules if isinstance(rules, Phases) else {1: rules}
    texts, values = [], {}
    for first, each in phases.items():
        phase = f"from round {first}" if len(phases) > 1 else ""
        table = multiplier_table(net, each, phase=phase)
        head = f"{phase}\n" if phase else ""
        texts.append(f"{head}{rates_table(net, table)}\n{_counts(table)}")
        values[first] = _plain(net, table)
    return Answer("\n\n".join(texts), values if len(values) > 1 else values[1])


def _counts(table: MultiplierTable) -> str:
    learning = len(table.trained_keys())
    frozen = sum(row.multiplier == 0 for row in table)
    told = f"{learning} of {len(table)} arrays learn, {frozen} frozen"
    return told if learning else f"{told}: nothing would be trained"


def _plain(net: Net, table: MultiplierTable) -> dict[ArrayKey, object]:
    """The table for programs: rules are spelled as a command line has them."""

    def told(verdict: Verdict) -> dict[str, object]:
        rule = verdict.rule
        text = part_text(rule.part) if rule.number is None else rule_text(rule.part, rule.value)
        return {"Rule": text, "SetAt": verdict.set_at}

    return {
        row.key: {
            "Rate": row.multiplier,
            "Trained": row.trained,
            **(
                {"Rule": None, "SetAt": "default"}
                if row.decided_by is None
                else told(row.decided_by)
            ),
            "Beaten": [told(each) for each in row.beaten],
        }
        for row in table
    }
