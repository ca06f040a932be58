"""The colours of pictures and pages, each by its name, on white and on black.

Those of data are told apart by colour-blind readers too.

Source: Okabe and Ito, Color Universal Design (2008), lightened for black.
"""

from __future__ import annotations

COLORS = {
    # what things stand on, and words
    "ground": ("#ffffff", "#16191d"),
    "ink": ("#1f2328", "#e6e8eb"),
    "faint": ("#59636e", "#a3abb5"),
    "frame": ("#d5dae0", "#3a414a"),
    "box": ("#f3f5f8", "#21262d"),
    "edge": ("#59636e", "#9aa3ae"),
    # curves and cells
    "blue": ("#0072b2", "#56a8e0"),
    "orange": ("#b35c00", "#f0a24a"),
    "green": ("#00795a", "#3dc79b"),
    "purple": ("#a03d7f", "#dd8fc4"),
    "red": ("#c4391d", "#ff8a70"),
    "gold": ("#8a6d00", "#e3c341"),
    # kinds of rates: the line and the ground of each
    "frozen": ("#4a6a8a", "#8fb3d6"),
    "frozen-ground": ("#e4edf6", "#22303e"),
    "slowed": ("#8a6d00", "#e3c341"),
    "slowed-ground": ("#fbf3d3", "#37300f"),
    "usual": ("#00795a", "#3dc79b"),
    "usual-ground": ("#e0f3ec", "#12332a"),
    "fast": ("#c4391d", "#ff8a70"),
    "fast-ground": ("#fde7e1", "#45201a"),
    "climbing": ("#a03d7f", "#dd8fc4"),
    "climbing-ground": ("#f8e6f2", "#3f2236"),
}
"""Name -> the colour on white, the colour on black."""
CURVES = ("blue", "orange", "green", "purple", "red", "gold")
"""What curves are drawn in, one after the other."""


def light(name: str) -> str:
    """A colour on white."""
    return COLORS[name][0]


def dark(name: str) -> str:
    """A colour on black."""
    return COLORS[name][1]


SIGNS_OF_DARK = (
    'body[data-jp-theme-light="false"]',
    "body.vscode-dark",
    "body.vscode-high-contrast",
    'html[theme="dark"]',
    '[data-theme="dark"]',
    '[data-bs-theme="dark"]',
)
"""How pages say that they are dark: JupyterLab, VS Code, Colab, pages of Sphinx and others."""
SIGNS_OF_LIGHT = (
    'body[data-jp-theme-light="true"]',
    "body.vscode-light",
    'html[theme="light"]',
    '[data-theme="light"]',
    '[data-bs-theme="light"]',
)


def style(scope: str, names: tuple[str, ...]) -> str:
    """The style sheet of a page or picture: variables `--wl-NAME`, light or dark as the page says,
    and where it says nothing as its reader's system does. scope: a selector."""

    def values(at: int) -> str:
        return "".join(f"--wl-{name}:{COLORS[name][at]};" for name in names)

    on_white = ",".join(f"{sign} {scope}" for sign in SIGNS_OF_LIGHT)
    on_black = ",".join(f"{sign} {scope}" for sign in SIGNS_OF_DARK)
    return (
        f"{scope}{{{values(0)}}}"
        f"@media (prefers-color-scheme:dark){{{scope}{{{values(1)}}}}}"
        f"{on_white}{{{values(0)}}}{on_black}{{{values(1)}}}"
    )
