"""What is decided, as tables and plain functions: no network, no files, no clock."""
