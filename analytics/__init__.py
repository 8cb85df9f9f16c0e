"""Sleep analytics: pure functions over numpy and pandas. No input or output, no clock, no network."""
