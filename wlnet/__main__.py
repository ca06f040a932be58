"""python -m wlnet."""

import sys

from wlnet.cli.command import main

if __name__ == "__main__":
    sys.exit(main())
