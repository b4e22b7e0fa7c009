"""A store of each kind, with a run whose agent may ask for `unit` and `image`."""

from tests.postgres import postgres, postgres_url
from tests.store.conftest import bare, empty, sqlite, store

__all__ = ["bare", "empty", "postgres", "postgres_url", "sqlite", "store"]
