"""The pages of the web site: made of what the package says of itself, whole, and without a network.

HTML is made of them by `make docs-site`, which takes every warning for an error.
"""

from __future__ import annotations

import doctest
import importlib
import re
import xml.etree.ElementTree as xml
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import numpy as np
import pytest

import wlnet as wl
from docs.site import layers
from docs.site.docstrings import markdown
from docs.site.formulas import mathml
from docs.site.reference import of_rooms
from docs.site.tree import led, whole, write
from wlnet.coders.decoder import NetDecoder
from wlnet.coders.encoder import NetEncoder
from wlnet.graph.functions import FUNCTIONS
from wlnet.layers.declaring.fields import array, out, parameter, port, positive
from wlnet.layers.declaring.layer import LAYERS, Example, Layer, Reals

ROOT = Path(__file__).parents[1]
MODULES = sorted({path.stem for path in (ROOT / "docs" / "site").glob("[a-z]*.py")} - {"conf"})
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return whole()


@pytest.fixture
def halves() -> Iterator[type[Layer]]:
    """A layer that nobody has seen before."""

    class HalvingLayer(Layer):
        """Numbers of which a share is kept.

        Formula: output[i] = share[i] * input[i] / count

        count: by how many it is divided.
        Array: share, of the size of the input. Ports: input, output of the same size.

        >>> HalvingLayer(2)
        """

        count = parameter(2, check=positive)
        input = port("size")
        share = array("size", start=1.0, optional=True)
        output = out("size")

        def reference(self, input: Reals, share: Reals) -> Reals:
            halves: Reals = share * input / self.count
            return halves

        @staticmethod
        def examples() -> Iterator[Example]:
            yield Example(HalvingLayer(4), {"Input": (7,)})

        def lower(self, g, input, share):  # type: ignore[no-untyped-def]
            return g.multiply(g.multiply(input, share), 1 / self.count)

    yield HalvingLayer
    del LAYERS["HalvingLayer"]


def test_every_public_name_has_a_page_or_a_row(pages: dict[str, str]) -> None:
    known = {Path(name).stem for name in pages if name.startswith("reference/")}
    told = pages["reference/errors.md"] + pages["reference.md"]
    lost = [
        name
        for name in wl.__all__
        if isinstance(getattr(wl, name), (type, FunctionType))
        and name not in known
        and f"`{name}`" not in told
    ]
    assert not lost
    coders = [f"{door.__name__}-{kind}" for door in (NetEncoder, NetDecoder) for kind in door.kinds]
    assert {*coders, *of_rooms()} <= known
    assert {"data.digits", "onnx.export_net", "sklearn.NetClassifier"} <= of_rooms().keys()
    assert all(f"\n## {name}\n" in pages["reference/elementwise.md"] for name in FUNCTIONS)


def test_every_link_between_pages_leads_somewhere(pages: dict[str, str]) -> None:
    lost = {
        (name, link)
        for name, text in pages.items()
        for link in LINK.findall(FENCE.sub("", text))
        if str((Path("/") / name).parent.joinpath(link).resolve()).lstrip("/") not in pages
    }
    assert not lost


def test_what_the_site_has_not_is_named_without_a_link() -> None:
    text = (
        "[a](../why/engine.md#x) [b](../../setup.cfg) [c](../../CHANGELOG.md) [d](https://e.org/f)"
    )
    here = ROOT / "docs" / "how-to"
    assert led(text, here, "../") == (
        "[a](../why/engine.md#x) b [c](../CHANGELOG.md) [d](https://e.org/f)"
    )
    assert led("[a](docs/index.md) [b](LICENSE)", ROOT) == "[a](index.md) b"
    assert led("```text\n[b](LICENSE)\n```", ROOT) == "```text\n[b](LICENSE)\n```"


def test_every_page_is_listed_once(pages: dict[str, str]) -> None:
    listed = []
    for name, text in pages.items():
        for tree in re.findall(r"```\{toctree\}\n(?::.*\n)*\n((?:.+\n)*)```", text):
            listed += [str(Path(name).parent / each) for each in tree.splitlines()]
    assert sorted([*listed, "index.md"]) == sorted(pages)


def test_pages_fetch_nothing(pages: dict[str, str]) -> None:
    outside = [
        name
        for name, text in pages.items()
        if re.search(r"<(script|link|img|iframe)\b|!\[", FENCE.sub("", text))
    ]
    assert not outside, "a picture of a page stands in it; scripts and styles are the theme's"


def test_the_page_of_a_layer_is_made_of_its_declaration(halves: type[Layer]) -> None:
    page = layers.page(halves)
    assert page.startswith("# HalvingLayer\n\n```python\nHalvingLayer(count=2, *, share,")
    assert "* **count**: by how many it is divided." in page
    assert "* **Ports**: input, output of the same size." in page
    assert "| `count` | `Count` | `2` |" in page
    assert '| `share` | `(size,)` | 1 | yes; may be `None` | `("layer", "Share"): 0` |' in page
    assert "| `HalvingLayer(4)` | Input 7 | Output 7 | Share 7 |" in page
    assert "halves: Reals = share * input / self.count" in page
    assert page.count("<svg") == 2
    assert "<math" in page


def test_the_page_of_a_layer_tells_what_it_is_called_elsewhere(pages: dict[str, str]) -> None:
    row = "| `LinearLayer[3]` | `wl.LinearLayer(3)` | `nn.Linear(4, 3)` | `layers.Dense(3)` |"
    assert row in pages["reference/layers/LinearLayer.md"]
    assert "## Elsewhere" not in pages["reference/layers/WeightedLossLayer.md"]


def test_the_page_of_a_coder_tells_how_it_is_called(pages: dict[str, str]) -> None:
    page = pages["reference/encoders/NetEncoder-Image.md"]
    assert '```python\nNetEncoder(\n    "Image", image_size=(128, 128), *, color_space=' in page
    scalar = pages["reference/encoders/NetEncoder-Scalar.md"]
    assert '```python\nNetEncoder("Scalar")\n```' in scalar
    assert "`color_space`" in page[page.index("## Options") :]


def test_every_layer_has_all_that_a_page_can_say(pages: dict[str, str]) -> None:
    for name in LAYERS.keys() & {*wl.__all__}:
        page = pages[f"reference/layers/{name}.md"]
        if LAYERS[name].is_unknown:  # which computes nothing
            continue
        ports = ["Ports"] if LAYERS[name].declared_ports else []  # of a function: as that has
        for heading in (*ports, "Shapes, by example", "As a picture", "In NumPy"):
            assert f"\n## {heading}\n" in page, (name, heading)
        assert "```pycon\n>>> " in page, name


@pytest.mark.parametrize(
    ("formula", "shows"),
    [
        ("y = a - (b - c)", "a−(b−c)"),
        ("y = a - b - c", "a−b−c"),
        ("y = (a + b) * c", "(a+b)·c"),
        ("y = a * (b * c)", "a·b·c"),
        ("y = -(a + b)", "−(a+b)"),
        ("y = sum(i, a[i] + b) * 2", "(∑i(ai+b))·2"),
        ("y = (a / b) ** 2", "(ab)2"),
        ("y = abs(x) if x < 0 else floor(x)", "{|x|if\xa0x<0⌊x⌋otherwise"),
        ("y = moving_mean", "moving mean"),
        ("y = sqrt(x + epsilon); z = y", "x+εz=y"),
    ],
)
def test_a_formula_keeps_what_belongs_together(formula: str, shows: str) -> None:
    drawn = "".join(xml.fromstring(mathml(formula)).itertext()).replace("\u2061", "")
    assert drawn.removeprefix("y=") == shows


@pytest.mark.parametrize("formula", ["x + 1", "y = lambda: 1", "y = [1]", "y = {1: 2}"])
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="no "):
        mathml(formula)


def test_words_of_a_docstring_mean_in_markdown_what_they_say() -> None:
    said = markdown("a * b_c < [d] | `e*f` # g, see https://example.org/a_b.")
    assert said == r"a \* b\_c &lt; \[d\] &#124; `e*f` \# g, see <https://example.org/a_b>."


def test_the_tree_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs.site.tree.whole", lambda: {"a/b.md": "here"})
    old = tmp_path / "site" / "old.md"
    old.parent.mkdir()
    old.write_text("gone", "utf-8")
    write(tmp_path / "site")
    assert not old.exists()
    assert (tmp_path / "site" / "a" / "b.md").read_text("utf-8") == "here"


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_generator_hold(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"docs.site.{name}"))
    assert found.failed == 0


def test_a_curve_has_gaps_where_a_function_jumps() -> None:
    from docs.site.pictures import curve

    steps, smooth = (np.asarray(curve(name).curves[0].y) for name in ("Floor", "Tanh"))
    assert np.isnan(steps).sum() == 8
    assert np.isfinite(smooth).all()
