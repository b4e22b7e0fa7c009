"""The programs that are an agent's brain: how each is started, and how it tells its end."""
