import socket

import pytest

from bot.sandbox.sockets import short_path


def test_a_socket_can_be_bound_and_reached_however_long_its_folder_is_called(tmp_path):
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    with short_path(folder) as short, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(short / "a.sock"))
        listener.listen()
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(short / "a.sock"))
    assert (folder / "a.sock").is_socket()


def test_a_short_path_is_gone_afterwards(tmp_path):
    with short_path(tmp_path) as short:
        assert short.samefile(tmp_path)
    assert not short.exists()


def test_a_folder_that_is_not_there_has_no_short_path(tmp_path):
    with pytest.raises(FileNotFoundError), short_path(tmp_path / "gone"):
        pass
