"""Files: a net in one file, and back."""

from wlnet.io.files import load, save

__all__ = ["load", "save"]
