"""Writes the pages of the site, as Markdown, into a folder.

python -m docs.site build/docs
"""

import sys
from pathlib import Path

from docs.site.tree import write

if __name__ == "__main__":
    write(Path(sys.argv[1]))
