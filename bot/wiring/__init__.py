"""Builds the processes: the one place that reads the environment and makes concrete things.

Each process has a module with `run(settings)`, so that it imports only its own half.
"""
