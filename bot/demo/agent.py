"""The agent `fix` of the demo: the built-in one, but that it waits for no person."""

from bot.rules.agents import BUILT_IN

_FIX = """\
---
name: fix
description: {what}
greenroom:
  runtime: default
  on: {{label: agent:fix, command: fix}}
  allow: write
  context: thread
  outputs:
    pull_request: {{max: 1}}
    push: {{max: 1}}
    comment: {{max: 1}}
    question: {{max: 1}}
  waits: [{waits}]
---
{prompt}"""


def fix(*waits: str) -> str:
    """Write the file that defines it, with what its run waits for."""
    spec = BUILT_IN["fix"].spec
    return _FIX.format(what=spec.description, waits=", ".join(waits), prompt=spec.prompt)
