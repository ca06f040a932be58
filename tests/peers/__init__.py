"""Tests beside other libraries, which `make test-peers` runs where these are installed."""
