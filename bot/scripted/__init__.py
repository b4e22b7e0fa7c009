"""A model that answers by a script, in the dialects of the real ones; see docs/models.md."""
