"""What the doctor says of containers where they cannot be used."""

import shutil

from bot.doctor.host import host_findings
from bot.model.settings import read_settings


def test_a_runtime_that_is_not_there_is_told_and_nothing_is_made(tmp_path):
    env = {"GREENROOM_HOME": str(tmp_path / "home"), "GREENROOM_PODMAN_RUNTIME": "x7"}
    settings = read_settings(env | {"GREENROOM_RUNNER": "podman"}, frozenset())
    found = {each.where: each for each in host_findings(settings)}
    said = "no program x7" if shutil.which("podman") else "install the package `podman`"
    assert said in found["GREENROOM_RUNNER"].remedy
    assert "sandbox" not in found
    assert not (tmp_path / "home").exists()
