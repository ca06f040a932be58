"""The settings of the web site, for Sphinx: `make docs-site`. Every warning is an error."""

from wlnet.plot.paint.colors import dark
from wlnet.version import VERSION

project = "wlnet"
author = "The wlnet authors"
version = release = VERSION
extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
nitpicky = True

myst_enable_extensions = ["attrs_block"]
myst_heading_anchors = 4  # links to headings, as they are named on the web

html_theme = "furo"
html_title = f"wlnet {VERSION}"
html_theme_options = {
    # The ground of pictures on black is that of the page.
    "dark_css_variables": {"color-background-primary": dark("ground")},
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"
