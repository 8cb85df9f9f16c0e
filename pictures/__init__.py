"""Pictures of the real screens in a real browser, for docs/screens.md: `make pictures`."""
