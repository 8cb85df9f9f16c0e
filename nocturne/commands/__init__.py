"""The command line, a subject a module: each adds its commands to the parser and does them."""
