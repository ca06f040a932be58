"""The version: written here and nowhere else. setup.cfg reads this line without running it."""

VERSION = "0.1.0"
