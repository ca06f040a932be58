"""Draw a net: to SVG, PNG or PDF as a diagram with the rate of each array, to HTML as a page.

Of the record of a training the page shows the training. - prints SVG. PNG and PDF need the extra
wlnet[plot].

  wlnet diagram net.wlnet net.svg --rule hidden=none
"""

from __future__ import annotations

import argparse
from pathlib import Path

from wlnet.cli.answer import Answer
from wlnet.cli.net_files import add_net, found_in
from wlnet.cli.outputs import STDOUT, add_force, places, write_text
from wlnet.cli.rule_files import rules_of
from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.multipliers import multiplier_table
from wlnet.core.net import Net
from wlnet.core.phases import Phases

PAGES = (".html", ".htm")
PICTURES = (".svg", ".png", ".pdf")
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{}</title></head>
<body>
{}
</body>
</html>
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    add_net(parser)
    parser.add_argument("output", metavar="FILE", help=".svg, .png, .pdf or .html; - prints SVG")
    parser.add_argument("--summary", action="store_true", help="nets in the net are closed boxes")
    parser.add_argument(
        "--rule", metavar="RULE", action="append", default=[], help="rates under rules, as in train"
    )
    add_force(parser)


def run(asked: argparse.Namespace) -> Answer:
    """Draw it."""
    from wlnet.plot.pages import html  # lazy: --help needs no pictures
    from wlnet.plot.pictures import picture  # lazy: as above

    path = None if asked.output == STDOUT else places([asked.output], asked)[0]
    suffix = ".svg" if path is None else path.suffix.lower()
    if suffix not in (*PICTURES, *PAGES):
        known = (*PICTURES, *PAGES)
        raise fail(
            OptionError,
            Fault("a diagram of a kind that is not known", at=asked.output, known=known),
        )
    found = found_in(asked.net)
    if suffix in PAGES and path is not None:
        name = Path(asked.net).name.replace("&", "&amp;").replace("<", "&lt;")
        write_text(path, PAGE.format(name, html(found)))
        return _wrote(path)
    net = found if isinstance(found, Net) else found["TrainedNet"]
    rules = rules_of(asked.rule)
    if isinstance(rules, Phases):
        rules = rules.at(1)
    table = multiplier_table(net, rules)
    kind = "SummaryGraphic" if asked.summary else "FullSummaryGraphic"
    drawn = picture(kind, net, multipliers=table)
    if path is None:
        return Answer(drawn.to_svg(), drawn.to_svg())
    drawn.save(path)
    return _wrote(path)


def _wrote(path: Path) -> Answer:
    return Answer(f"wrote {path}", {"File": str(path)})
