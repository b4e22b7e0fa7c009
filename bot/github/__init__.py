"""GitHub's REST API, as far as the app uses it.

`client.GitHub` is the entry.  `permissions.Operation` lists every operation there
is, with what it needs; nothing else is ever asked of GitHub.
"""
