"""make_files.py needs libraries that the tests do not have."""

collect_ignore = ["make_files.py"]
