"""A repository's way in and out: warm mirror, ready tree, quarantine, check, push."""
