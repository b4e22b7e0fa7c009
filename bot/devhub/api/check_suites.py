"""Check suites: one for each app on each commit.

https://docs.github.com/en/rest/checks/suites
"""

from bot.devhub import git, objects
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import page
from bot.devhub.events import Scene, check_suite_event
from bot.devhub.permissions import allows
from bot.devhub.problems import Problem
from bot.devhub.records import App, CheckSuite
from bot.devhub.shapes import checks as shapes


async def of(scene: Scene, app: App, sha: str, *, before: str | None = None) -> CheckSuite:
    """Return an app's suite on a commit, made if there is none."""
    branches = await git.heads(scene.repository.path, "refs/heads")
    at = [name.removeprefix("refs/heads/") for name, head in branches.items() if head == sha]
    for each in scene.repository.suites.values():
        if each.app is app and each.head_sha == sha:
            return each
    suite = CheckSuite(
        id=scene.hub.next_id(),
        app=app,
        head_sha=sha,
        head_branch=at[0] if at else None,
        before=before,
        created_at=scene.hub.now(),
        updated_at=scene.hub.now(),
    )
    scene.repository.suites[suite.id] = suite
    return suite


async def request(scene: Scene, sha: str, before: str) -> None:
    """Make a suite on a pushed commit for each app that may write checks, and ask for it.

    "By default, check suites are automatically created when someone pushes code"
    """
    known = {(each.app.id, each.head_sha) for each in scene.repository.suites.values()}
    for installation in scene.hub.installations_on(scene.repository):
        writes = allows(installation.permissions, "checks", "write")
        if writes and (installation.app.id, sha) not in known:
            suite = await of(scene, installation.app, sha, before=before)
            head = await objects.commit(scene.repository.path, sha)
            check_suite_event(scene, suite, head, "requested")


async def settle(scene: Scene, suite: CheckSuite) -> None:
    """Tell that a suite is completed, when it is."""
    if shapes.suite_state(suite)[0] == "completed":
        head = await objects.commit(scene.repository.path, suite.head_sha)
        check_suite_event(scene, suite, head, "completed")


async def show(call: Call) -> Reply:
    """Return one suite."""
    suite = call.identified(call.repository.suites, "check_suite_id")
    head = await objects.commit(call.repository.path, suite.head_sha)
    return Reply(body=shapes.suite(call.hub.base, call.repository, head, suite))


async def for_ref(call: Call) -> Reply:
    """Return the suites on a commit."""
    sha = await git.resolve(call.repository.path, call.params["ref"])
    if sha is None:
        raise Problem(422, f"No commit found for SHA: {call.params['ref']}")
    head = await objects.commit(call.repository.path, sha)
    suites = [
        each
        for each in call.repository.suites.values()
        if each.head_sha == sha and call.query.get("app_id") in {None, str(each.app.id)}
    ]
    return page(call, suites, call.shaping(shapes.suite, head), under="check_suites")


async def rerequest(call: Call) -> Reply:
    """Ask the suite's app to run all of it again."""
    suite = call.identified(call.repository.suites, "check_suite_id")
    if call.app not in {None, suite.app}:
        raise Problem(403, "This check suite is not rerequestable")
    head = await objects.commit(call.repository.path, suite.head_sha)
    check_suite_event(call.scene, suite, head, "rerequested")
    return Reply(body={}, status=201)
