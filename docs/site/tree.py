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
    "Nets": ("build-nets", "functions", "attention", "shared-arrays", "ask-inside"),
    "Data": ("give-data", "tables", "images", "sequences", "states"),
    "Rates": (
        "freeze-a-part", "a-rate-per-layer", "negative-rates", "transfer", "unfreeze-step-by-step",
        "what-learned",
    ),
    "Training": (
        "methods", "losses-and-measurements", "watch-a-training", "keep-a-record", "resume",
        "receipts",
    ),
}  # fmt: skip
"""How-to pages by what they are about. Those that stand here nowhere come in a last group."""
REST = "Tools, and your own"
OTHERS = ("from-other-frameworks.md", "from-the-wolfram-language.md", "frozen-elsewhere.md",
          "benchmarks.md")  # fmt: skip
"""What stands beside other libraries."""
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
        found[name] = within((ROOT / name).read_text("utf-8"))
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
        text = re.sub(r"(\]\()(?:\.\./)+(CHANGELOG|CONTRIBUTING)\.md", rf"\1{up(name)}\2.md", text)
        found[name] = session(text)
    return found


def session(text: str) -> str:
    """A page whose sessions of Python are coloured as such."""
    text = re.sub(r"^```python\n(?=>>>)", "```pycon\n", text, flags=re.MULTILINE)
    return re.sub(r"^```wl$", "```wolfram", text, flags=re.MULTILINE)


def up(name: str) -> str:
    """The way from a page to the folder of all."""
    return "../" * name.count("/")


def within(text: str) -> str:
    """A page of the checkout as one of the site: what the site has not is named, without a link."""

    def link(found: re.Match[str]) -> str:
        to = found[2].removeprefix("docs/")
        is_there = to.endswith(".md") and ((DOCS / to).is_file() or to in BESIDE)
        return f"[{found[1]}]({to}{found[3] or ''})" if is_there else found[1]

    return LINK.sub(link, session(text))


def linked(text: str, found: Pages) -> str:
    """The table of all names, which lead to the pages that tell how each is called."""
    of = {Path(name).stem: name for name in found if name.startswith("reference/")}

    def link(row: re.Match[str]) -> str:
        return f"| [`{row[2]}`]({of[row[2]]}) |" if row[2] in of else row[0]

    return re.sub(r"^\| (`(\w+)\([^`]*`) \|", link, text, flags=re.MULTILINE)


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
    lists = [name for name in found if re.fullmatch(r"reference/(\w+/index|\w+)\.md", name)]
    return [
        ("Notebooks", [name for name in found if name.startswith("notebooks/")]),
        *grouped,
        (f"How to: {REST.lower()}", rest),
        ("Reference", ["reference.md", *lists]),
        ("Beside others", [name for name in OTHERS if name in found]),
        ("Why", [*(name for name in found if name.startswith("why/")), *BESIDE]),
    ]
