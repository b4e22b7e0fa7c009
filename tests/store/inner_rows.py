"""A validation as tests want it: whole, asked for by a person, with verdicts to give it."""

from bot.model.ids import InstallationId, Sha, ValidationId
from bot.model.validations import Definition, Toolbox, Verdict
from bot.store.validation_row import ValidationRow
from tests.store.rows import ISSUE, NOW

GREEN = Verdict(outcome="passed", exit=0, seconds=1.5, tests=3)
RED = Verdict(outcome="failed", exit=1, seconds=1.5, failing=("test_a",))
BROKEN = Verdict(outcome="broken", exit=None, seconds=0.0, words="It is gone.")
ONE = ValidationRow(
    id=ValidationId("01V1"),
    run=None,
    installation=InstallationId(7),
    repo_id=5,
    repo=ISSUE.repo,
    number=7,
    name="unit",
    key="k" * 64,
    tree=Sha("7" * 40),
    base=Sha("5" * 40),
    definition=Definition(name="unit", run="pytest", toolboxes=("py",), egress=("a.example",)),
    toolboxes=(Toolbox(name="py", image="reg.example/py@sha256:1"),),
    created_at=NOW,
    next_attempt_at=NOW,
)
