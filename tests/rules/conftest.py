from hypothesis import settings

# Other work on the same machine must not fail a property by slowing it down.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
