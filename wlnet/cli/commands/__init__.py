"""A command a file: `arguments` declares what it takes, `run` does it. Their table is in
wlnet/cli/command.py."""
