"""Pictures and HTML: what notebooks show."""
