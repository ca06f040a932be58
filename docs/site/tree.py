"""All pages of the site, written into a folder: those of docs/, and those that are made."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from docs.site.notebooks import as_pages, notebooks
from docs.site.pictures import inlined
from docs.site.reference import Pages, pages

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GROUPS = {
    "Nets": ("build-nets", "functions", "attention", "shared-arrays", "ask-inside",
             "trained-nets"),
    "Data": ("give-data", "tables", "images", "streams", "sequences", "states"),
    "Rates": (
        "freeze-a-part", "a-rate-per-layer", "negative-rates", "transfer", "low-rank-adapters",
        "unfreeze-step-by-step", "what-learned",
    ),
    "Two nets, one training": ("adversarial-nets", "gradient-reversal", "normalizing-flows"),
    "Training": (
        "methods", "losses-and-measurements", "watch-a-training", "keep-a-record", "resume",
        "receipts",
    ),
    "Other tools": (
        "from-pytorch", "onnx", "scikit-learn", "search-on-a-cluster", "many-machines",
        "wolfram-files", "command-line", "deploy",
    ),
    "Your own": ("a-layer-of-your-own", "a-primitive-of-your-own"),
}  # fmt: skip
"""How-to pages by what they are about. Those that stand here nowhere come in a last group."""
REST = "More"
FIRST = ("from-other-frameworks.md", "from-the-wolfram-language.md", "frozen-elsewhere.md")
"""What comes first of the pages that set wlnet beside others."""
BESIDE = ("CHANGELOG.md", "CONTRIBUTING.md")
"""Pages of the checkout that stand beside docs/."""
LINK = re.compile(r"\[([^\]]+)\]\((?!https?://)([^)#\s]+)(#[^)\s]*)?\)")


def write(folder: Path) -> None:
    """Write all pages into a folder, anew."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in whole().items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def whole() -> Pages:
    """Every page of the site by its file, with the lists of pages in them."""
    found = written() | pages() | notebooks()
    for name in BESIDE:
        found[name] = session(led((ROOT / name).read_text("utf-8"), ROOT))
    found["reference.md"] = linked(found["reference.md"], found)
    found["index.md"] += "".join(f"\n{tree(names, title)}" for title, names in listed(found))
    for name in found:
        if re.fullmatch(r"reference/\w+/index\.md", name):
            folder = name.removesuffix("index.md")
            inside = [each.removeprefix(folder) for each in found if each.startswith(folder)]
            found[name] += f"\n\n{tree([each for each in inside if each != 'index.md'])}"
    return found


def written() -> Pages:
    """The pages of docs/, with their pictures in them."""
    found = {}
    for file in sorted(DOCS.rglob("*.md")):
        name = file.relative_to(DOCS).as_posix()
        text = as_pages(inlined(file.read_text("utf-8"), file.parent))
        found[name] = session(led(text, file.parent, "../" * name.count("/")))
    return found


def led(text: str, folder: Path, up: str = "") -> str:
    """A page whose links lead to pages of the site; what the site has not is named, without one.
    folder: where the page stands in the checkout. up: the way to the folder of all pages."""

    def link(found: re.Match[str]) -> str:
        target = (folder / found[2]).resolve()
        if target.is_relative_to(DOCS):
            to = found[2] if up or folder == DOCS else target.relative_to(DOCS).as_posix()
        elif target.name in BESIDE:
            to = up + target.name
        else:
            return found[1]
        return f"[{found[1]}]({to}{found[3] or ''})"

    # What is code is no link.
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else LINK.sub(link, part) for part in parts)


def session(text: str) -> str:
    """A page whose sessions of Python are coloured as such."""
    text = re.sub(r"^```python\n(?=>>>)", "```pycon\n", text, flags=re.MULTILINE)
    return re.sub(r"^```wl$", "```wolfram", text, flags=re.MULTILINE)


def linked(text: str, found: Pages) -> str:
    """The table of all names, which lead to the pages that tell how each is called."""
    of = {Path(name).stem: name for name in found if name.startswith("reference/")}

    def link(row: re.Match[str]) -> str:
        return f"| [`{row[2]}`]({of[row[2]]}) |" if row[2] in of else row[0]

    return re.sub(r"^\| (`([\w.]+)[^`]*`) \|", link, text, flags=re.MULTILINE)


def tree(names: Iterable[str], title: str = "") -> str:
    """A list of pages for the side of every page."""
    caption = f":caption: {title}\n" if title else ""
    return f"```{{toctree}}\n:hidden:\n{caption}\n" + "\n".join(names) + "\n```\n"


def listed(found: Pages) -> list[tuple[str, list[str]]]:
    """The pages in their order, by title."""
    how_to = {Path(name).stem: name for name in found if name.startswith("how-to/")}
    named = {name for names in GROUPS.values() for name in names}
    grouped = [(f"How to: {title.lower()}", [how_to[name] for name in names if name in how_to])
               for title, names in GROUPS.items()]  # fmt: skip
    rest = [name for stem, name in how_to.items() if stem not in named]
    made = [name for name in found if re.fullmatch(r"reference/(\w+/index|\w+)\.md", name)]
    named_here = ("index.md", "reference.md", "catalogue.md", *BESIDE)
    alone = [n for n in found if "/" not in n and n not in named_here]
    lists = [
        ("Notebooks", [name for name in found if name.startswith("notebooks/")]),
        *grouped,
        (f"How to: {REST.lower()}", rest),
        ("Reference", ["reference.md", "catalogue.md", *made]),
        ("Beside others", [*FIRST, *(name for name in alone if name not in FIRST)]),
        ("Why", [*(name for name in found if name.startswith("why/")), *BESIDE]),
    ]
    return [(title, names) for title, names in lists if names]
