"""What the default branch tells agents, as the mirror has it."""

from bot.model.ids import Repo
from bot.model.runs import AgentSpec
from bot.rules.guidance import NAMES, Guidance
from bot.workspace.mirror import Mirrors
from bot.workspace.reading import first


async def guidance(
    mirrors: Mirrors, shelf: Repo, branch: str, agent: AgentSpec
) -> Guidance | None:
    """Read the guidance for an agent; None where there is none, and for one without a prompt.

    Args:
        mirrors: the mirrors.
        shelf: the name of the repository's.
        branch: its default branch.  A pull request's own files are nobody's word yet.
        agent: who is to be told.

    Raises:
        Unavailable: git did not answer.
    """
    commit = await mirrors.resolve(shelf, branch) if agent.prompt else None
    found = await first(mirrors.path(shelf), commit, NAMES) if commit else None
    return Guidance(path=found.path, data=found.data, size=found.size) if found else None
