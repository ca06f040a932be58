"""The files of the peers import what is not installed here: pytest must not look for doctests."""

collect_ignore_glob = ["contenders/*"]
