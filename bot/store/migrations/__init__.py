"""The steps from an empty database to the tables of today; there is no way back down.

After a change of `bot/store/schema.py` draft the next step, read it, and raise `HEAD`
in `bot/store/migrate.py`:

    python -m bot.store.migrations 0002 "Remember who approved"
"""
