"""The built-in agent that needs no model: it does what a brief says by fixed rules."""
