"""The loops: everything that happens between a stored delivery and a quiet database."""
