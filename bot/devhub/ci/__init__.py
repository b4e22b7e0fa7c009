"""A small CI that lives in the hub: another app, which runs one command on every push.

It hears what any app hears, and reports by the functions that answer the API, so that
whoever listens cannot tell it from a CI on the outside.
"""
