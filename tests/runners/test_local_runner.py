from tests.runners.conftest import git, gone


async def test_the_tree_that_an_agent_leaves_reaches_quarantine_as_one_commit(
    stage, runner, gateway_for
):
    async with gateway_for(
        "id; ls -la / /run/greenroom; echo new > b.txt; git status --short"
    ) as gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
        assert (await gone(runner, stage.plan.job)).exit == 0
    print((stage.home / "jobs/job-1/log").read_text())
    print((stage.home / "jobs/job-1/agent.log").read_text())
    assert report["cause"] == "exited"
    assert report["exit"] == 0
    assert git("rev-parse", "result", cwd=stage.quarantine) == report["result"]
