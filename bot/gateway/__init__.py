"""The one door out of a sandbox: jobs come to it, by a unix socket and with a token."""
