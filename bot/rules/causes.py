"""How the program of an agent comes to its end.

Apart from `endings`, since the harness needs these words before there is time for more.
"""

from typing import Literal

Cause = Literal["exited", "timeout", "cancelled", "crashed"]

MOST_WORDS = 200
"""Characters of an agent's trouble that people are shown."""
