"""The interfaces that agents know models by, one module each."""
