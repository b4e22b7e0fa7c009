"""What a repository's own files say about how it is checked, as a configuration to begin with."""
