"""What README.md and docs/ show is what happens: code runs, outputs and links are true."""

from __future__ import annotations

import configparser
import doctest
import re
import warnings
from pathlib import Path

import pytest

import wlnet as wl
from tests.command_sessions import is_session, run_session
from wlnet.kernels.jit.target import lanes_of
from wlnet.train.intervals import UNITS
from wlnet.train.listeners import EVENTS

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
WIDE = "docs/why/engine.md"
LANGUAGES = {"python", "sh", "text", "wl"}
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(text: str, language: str) -> list[tuple[int, str]]:
    """The fenced blocks of a language, each with the line before its first one."""
    return [
        (text[: found.start(2)].count("\n"), found[2])
        for found in FENCE.finditer(text)
        if found[1].strip() == language
    ]


def run(page: str, text: str) -> int:
    """Run the Python blocks of a page in order, in one namespace; how many there were.

    A block with `>>>` is a session whose outputs are compared; any other is run as it stands. So is
    a session of the command line between them, `$ wlnet ...`.
    """
    namespace: dict[str, object] = {"__name__": page}
    reader, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    sessions = [block for block in blocks(text, "sh") if is_session(block[1])]
    found = blocks(text, "python")
    for line, code in sorted(found + sessions):
        if (line, code) in sessions:
            run_session(code)
            continue
        if ">>>" not in code:
            exec(compile("\n" * line + code, page, "exec"), namespace)
            continue
        session = reader.get_doctest(code, {}, page, page, line)
        session.globs = namespace
        report: list[str] = []
        runner.run(session, out=report.append, clear_globs=False)
        if report:
            raise AssertionError("".join(report))
    return len(found)


def anchors(page: Path) -> set[str]:
    """What can be linked to in a page: its headings, as they are named on the web."""
    text = FENCE.sub("", page.read_text("utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_code_of_a_page_runs_and_gives_what_the_page_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name(page) == WIDE and lanes_of("Real32") != 16:
        pytest.skip("the programs on this page are those of a CPU with vectors of 64 bytes")
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(name(page), page.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_of_a_page_names_its_language(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.count("\n```") % 2 == 0, "a block is not closed"
    named = {found[1].strip() for found in FENCE.finditer(text)}
    assert named <= LANGUAGES, f"python blocks are run, the others are not: {named - LANGUAGES}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_excerpt_of_a_file_stands_in_it(page: Path) -> None:
    for _, text in blocks(page.read_text("utf-8"), "text"):
        first, *rest = text.splitlines()
        if re.fullmatch(r"# wlnet/[\w/]+\.py", first):
            file = (ROOT / first.removeprefix("# ")).read_text("utf-8")
            parts = "\n".join(rest).split("\n...\n")
            assert rest, f"an empty excerpt of {first}"
            assert not [part for part in parts if part not in file], f"not in {first}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_inside_the_checkout_leads_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text("utf-8"))
    lost = []
    for link in LINK.findall(text):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert not lost, f"links to nowhere: {lost}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)`", page.read_text("utf-8")))
    assert named <= targets, f"no such targets: {named - targets}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = [link.partition("#")[0] for link in LINK.findall(page.read_text("utf-8"))]
        waiting += [(page.parent / link).resolve() for link in links if link and "://" not in link]
    assert set(PAGES) <= reached, [name(page) for page in set(PAGES) - reached]


def test_the_reference_has_every_public_name_and_no_other() -> None:
    page = (ROOT / "docs" / "reference.md").read_text("utf-8")
    listed = re.findall(r"^\| `([\w.]+)[(`]", page, re.MULTILINE)
    rooms = "data", *wl._EXTRA_ROOMS
    inside = {f"{room}.{name}" for room in rooms for name in getattr(wl, room).__all__}
    assert sorted(listed) == sorted({*wl.__all__, *inside} - {"data"}), (
        "run: python docs/reference.py"
    )
    properties = wl.information(wl.LinearLayer(1), "Properties")
    missing = [name for name in properties if f"`{name}`" not in page]
    assert not missing, "run: python docs/reference.py"


def test_the_page_on_resuming_has_every_event_and_every_unit_of_intervals() -> None:
    page = (ROOT / "docs" / "how-to" / "resume.md").read_text("utf-8")
    assert not [word for word in (*EVENTS, *UNITS) if f'`"{word}"`' not in page]


def test_the_drawing_of_the_house_is_the_contract_of_imports() -> None:
    contract = configparser.ConfigParser()
    contract.read(ROOT / "setup.cfg", encoding="utf-8")
    floors = contract["importlinter:contract:house"]["layers"].split("\n")
    page = (ROOT / "docs" / "why" / "architecture.md").read_text("utf-8")
    (drawing,) = [text for _, text in blocks(page, "text") if "cli" in text]
    rooms = [re.split(r" {3,}", line.strip())[0] for line in drawing.splitlines()]
    drawn = [re.sub(r"  +", " ", floor) for floor in rooms if floor != "|"]
    assert drawn == [floor.strip() for floor in floors if floor.strip()]


@pytest.mark.parametrize(
    "text",
    [
        "```python\n>>> 1 + 1\n3\n```\n",
        "```python\nassert False\n```\n",
        "```python\nx = 1\n```\n\n```python\n>>> x\n2\n```\n",
        "```sh\n$ wlnet --version\nwlnet\n```\n",
        "```sh\n$ wlnet info nowhere.wlnet\n...\n$ echo $?\n0\n```\n",
    ],
    ids=[
        "a wrong output",
        "a failing statement",
        "a wrong output from an earlier block",
        "a command that prints something else",
        "a command that ends with another status",
    ],
)
def test_a_page_that_is_wrong_is_noticed(text: str) -> None:
    with pytest.raises(AssertionError):
        run("page", text)


def test_the_blocks_of_a_page_share_their_names() -> None:
    assert run("page", "```python\nx = 2\n```\n\n```python\n>>> x + 1\n3\n```\n") == 2
