"""The small CI: another app that runs a repository's command in a real sandbox."""

import asyncio

import pytest

from bot.devhub.ci import boxed, reports
from bot.devhub.ci.boxed import Outcome
from bot.devhub.timestamps import parsed
from bot.model.errors import Misconfigured
from tests.devhub.checkout import Checkout, run_git
from tests.devhub.stage import REPO, furnish, hours, raised


async def adds(stage, script, **more):
    command = ["sh", "-c", script]
    return await stage.control("POST /ci", owner="acme", name="demo", command=command, **more)


async def completed(stage, sha):
    """Wait for the CI, and return its runs on a commit."""
    assert (await stage.control("GET /ci?seconds=90"))["idle"]
    path = f"GET {REPO}/commits/{sha}/check-runs?status=completed&filter=all"
    return (await stage.did(path, stage.tokens["ann"]))["check_runs"]


async def pushed(stage, folder, files):
    work = await Checkout.clone(stage, folder, stage.tokens["ann"])
    sha = await work.commit(files, "Change")
    await work.push("main")
    return sha


async def test_a_push_runs_the_command_and_reports_as_another_app(stage, tmp_path):
    made = await adds(stage, "cat new.txt; git log --format=%s; id -u; echo $CI")
    assert made == {"app": "ci", "bot": "ci[bot]"}
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "is here\n"})
    (run,) = await completed(stage, sha)
    assert (run["name"], run["conclusion"], run["app"]["slug"]) == ("ci / test", "success", "ci")
    assert run["output"]["title"].startswith("Passed in ")
    assert "is here\nChange\n1000\ntrue\n" in run["output"]["summary"]
    await stage.drained()
    heard = [said["check_run"] for name, said in stage.ear.heard if name == "check_run"]
    assert [each["status"] for each in heard] == ["queued", "completed"]
    assert stage.ear.last("check_suite")["check_suite"]["conclusion"] == "success"


async def test_a_failure_carries_the_end_of_the_output(stage, tmp_path):
    await adds(stage, "seq 20000; printf '\\033[31mbroken```\\033[0m\\n' >&2; exit 3")
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (run,) = await completed(stage, sha)
    assert (run["conclusion"], run["output"]["title"][:20]) == ("failure", "Failed with status 3")
    assert "20000\nbroken```\n````" in run["output"]["summary"]
    assert len(run["output"]["summary"]) < 2 * reports.SHOWN


async def test_a_command_that_takes_too_long_is_stopped(stage, tmp_path):
    await adds(stage, "echo begun; sleep 600", seconds=2)
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (run,) = await completed(stage, sha)
    assert (run["conclusion"], "begun" in run["output"]["summary"]) == ("timed_out", True)


async def test_nothing_of_the_host_and_no_network_is_inside(stage, tmp_path):
    await adds(stage, f"ls {stage.hub.home} || cat /proc/net/route | wc -l; ls /root || true")
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (run,) = await completed(stage, sha)
    assert run["output"]["summary"].count("No such file or directory") == 2
    assert "\n1\n" in run["output"]["summary"]


async def test_a_rerun_is_another_run_and_one_comes_after_the_other(stage, tmp_path):
    await adds(stage, "date +%s.%N; sleep 0.3; date +%s.%N")
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (run,) = await completed(stage, sha)
    for _ in range(2):
        path = f"POST {REPO}/check-runs/{run['id']}/rerequest"
        await stage.did(path, stage.tokens["ann"])
    runs = await completed(stage, sha)
    spans = [each["output"]["summary"].split("\n") for each in runs]
    times = [[line for line in span if line[:1].isdigit()] for span in spans]
    in_order = [time for span in sorted(times) for time in span]
    assert in_order == sorted(in_order)
    assert len(in_order) == 6


async def test_a_pull_request_from_a_fork_is_run_in_the_base(stage, tmp_path):
    await adds(stage, "cat forked.txt")
    await stage.control("PUT /repositories/acme/demo/private", private=False)
    await stage.person("bob")
    fork = await stage.did(f"POST {REPO}/forks", stage.tokens["bob"])
    await run_git("clone", "-q", fork["clone_url"], str(tmp_path / "fork"), cwd=tmp_path)
    work = Checkout(tmp_path / "fork", stage.tokens["bob"])
    sha = await work.commit({"forked.txt": "mine\n"}, "Mine")
    await work.push("main")
    body = {"title": "Mine", "head": "bob:main", "base": "main"}
    await stage.did(f"POST {REPO}/pulls", stage.tokens["bob"], body)
    (run,) = await completed(stage, sha)
    assert (run["conclusion"], run["pull_requests"]) == ("success", [])


async def test_a_toolbox_is_on_the_path_wherever_it_lies(stage, tmp_path):
    tool = tmp_path / "tools" / "bin" / "answer"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\necho 42; touch /toolbox/tools/x || ls /toolbox/tools\n")
    tool.chmod(0o755)
    await adds(stage, "answer", toolboxes={"tools": str(tmp_path / "tools")})
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (run,) = await completed(stage, sha)
    assert "42\n" in run["output"]["summary"]
    assert "Read-only file system\nbin\n" in run["output"]["summary"]


async def test_a_box_that_cannot_be_made_is_said_and_nothing_runs(stage, tmp_path):
    await adds(stage, "true", toolboxes={"tools": "/no/such/folder"})
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (run,) = await completed(stage, sha)
    assert (run["conclusion"], run["output"]["title"]) == ("neutral", "Not run")
    assert "Nothing was run." in run["output"]["summary"]


async def test_without_a_sandbox_there_is_no_run(tmp_path, monkeypatch):
    def none():
        raise Misconfigured("no bubblewrap")

    monkeypatch.setattr(boxed, "probe", none)
    with pytest.raises(Misconfigured):
        await boxed.run(["true"], tmp_path, seconds=1, uid=None, toolboxes={})


async def test_the_end_of_the_hub_is_the_end_of_its_commands(tmp_path):
    async with asyncio.timeout(90), raised(tmp_path) as stage:
        await furnish(stage)
        await adds(stage, "sleep 3600")
        await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
        assert not (await stage.control("GET /ci?seconds=0.5"))["idle"]
    assert stage.http.closed


async def test_a_repository_that_is_given_away_meanwhile_stops_nothing(stage, tmp_path):
    await adds(stage, "sleep 0.3")
    await stage.control("POST /organizations", login="guild")
    await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    await stage.control("PUT /repositories/acme/demo/owner", owner="guild")
    assert (await stage.control("GET /ci"))["idle"]
    assert (await stage.ask("GET /meta")).status == 200


async def test_a_command_is_a_list(stage):
    body = {"owner": "acme", "name": "demo", "command": "make test"}
    assert (await stage.ask("POST /_devhub/ci", body=body)).status == 422


async def test_ci_takes_as_long_as_is_wanted(stage, tmp_path):
    await adds(stage, "true", delay=hours(1), check="slow")
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    path = f"GET {REPO}/commits/{sha}/check-runs?status=in_progress"
    while not (await stage.did(path, stage.tokens["ann"]))["check_runs"]:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)
    assert not (await stage.control("GET /ci?seconds=0.2"))["idle"]
    stage.moves(hours(1))
    (run,) = await completed(stage, sha)
    started, ended = (parsed(run[name]) for name in ("started_at", "completed_at"))
    assert (run["name"], ended - started >= hours(1)) == ("slow", True)


async def test_a_flake_goes_away_by_running_it_again(stage, tmp_path):
    await adds(stage, "true", flake=1)
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (run,) = await completed(stage, sha)
    assert "Connection reset by peer" in run["output"]["summary"]
    await stage.did(f"POST {REPO}/check-runs/{run['id']}/rerequest", stage.tokens["ann"])
    assert [each["conclusion"] for each in await completed(stage, sha)] == ["success", "failure"]


async def test_lines_that_are_named_become_annotations(stage, tmp_path):
    said = "src/a.py:1:2: E225 missing whitespace"
    await adds(stage, f"echo '{said}'; echo '{said}'; echo {boxed.WORK}/b.c:7: oh; exit 1")
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (run,) = await completed(stage, sha)
    path = f"GET {REPO}/check-runs/{run['id']}/annotations"
    found = await stage.did(path, stage.tokens["app"])
    assert [(each["path"], each["start_line"], each["message"]) for each in found] == [
        ("src/a.py", 1, "E225 missing whitespace"),
        ("b.c", 7, "oh"),
    ]


async def test_an_app_has_only_its_own_runs_run_again(stage, tmp_path):
    await adds(stage, "true")
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (run,) = await completed(stage, sha)
    for path in (f"check-runs/{run['id']}", f"check-suites/{run['check_suite']['id']}"):
        refused = await stage.ask(f"POST {REPO}/{path}/rerequest", stage.tokens["app"])
        assert refused.status == 403


@pytest.mark.parametrize(
    ("status", "last"),
    [
        (0, "a"),
        (3, "##[error]Process completed with exit code 3."),
        (None, "##[error]The operation was canceled."),
    ],
)
def test_a_log_has_a_time_before_each_line_and_says_how_it_ended(status, last):
    outcome = Outcome(status=status, output="a\n", duration=2.0)
    lines = reports.log(["make"], outcome, "2026-01-01T00:00:00Z").decode().splitlines()
    assert {line.split(" ", 1)[0] for line in lines} == {"2026-01-01T00:00:00.0000000Z"}
    assert [line.split(" ", 1)[1] for line in (lines[0], lines[-1])] == ["##[group]Run make", last]


def test_what_is_printed_cannot_leave_its_fence():
    outcome = Outcome(status=1, output="a\n````\nb\x00\r\nc\n", duration=2.0)
    summary = reports.done(["sh", "-c", "x y"], outcome)["output"]["summary"]
    assert summary == (
        "Failed with status 1 in 2.0 s.\n\n`````\n$ sh -c 'x y'\na\n````\nb\nc\n`````"
    )
