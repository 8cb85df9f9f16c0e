"""Organisations, people and the state of synchronisation in a SQL database; values come out, tables stay."""
