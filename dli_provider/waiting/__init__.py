"""One wait, wherever it runs."""
