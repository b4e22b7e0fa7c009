"""The box that an agent's program and everything of its repository runs in; never without one."""
