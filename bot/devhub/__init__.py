"""devhub: an embedded GitHub, for the demo and the tests.

It is a fake at the wire: real HTTP, real git repositories, real signatures.  Its
state lives in memory and ends with the process; nothing of the app is imported.
"""
