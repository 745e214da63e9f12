"""One module a page: a function that builds it from what `ask` answers."""
