"""`greenroom init`: proposes a configuration from a repository's own files."""
