from itertools import permutations
from pathlib import PurePosixPath

from bot.model.inside import DOOR, HOME, MIRROR, RESULT_REPO, SOCKET, WORKSPACE

PLACES = [PurePosixPath(each) for each in (WORKSPACE, HOME, MIRROR, RESULT_REPO, DOOR)]


def test_no_place_of_a_sandbox_lies_in_another():
    assert all(place.is_absolute() for place in PLACES)
    assert not any(one.is_relative_to(other) for one, other in permutations(PLACES, 2))


def test_the_address_of_the_socket_is_no_longer_than_linux_takes():
    assert len(f"{DOOR}/{SOCKET}") < 108
