"""Memory and running: the only room that owns mutable arrays."""
