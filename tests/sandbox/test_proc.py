from bot.sandbox.proc import Telling, telling


def test_only_what_is_there_is_to_be_closed(tmp_path):
    (tmp_path / "keys").touch()
    (tmp_path / "uptime").touch()
    (tmp_path / "fs").mkdir()
    assert telling(tmp_path) == Telling(files=("keys",), folders=("fs",))
