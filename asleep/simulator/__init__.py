"""An Asleep-compatible API over real HTTP with seeded people: demo, tests' server, load generator."""
