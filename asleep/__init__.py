"""The remote sleep API and nothing else: its client, errors, models, pacing, contract and simulator."""
