"""What an operator writes of registries."""

import pytest

from bot.model.registries import Registries, read_registries


def test_names_have_ports_and_say_where_there_is_no_tls():
    found = read_registries(
        ["registry.example", "inner:5000", "http://127.0.0.1:5001", "http://a"]
    )
    plain = frozenset({("127.0.0.1", 5001), ("a", 80)})
    assert found == Registries(
        named=plain | {("registry.example", 443), ("inner", 5000)}, plain=plain, public=False
    )


def test_a_star_stands_for_all_public_ones():
    assert read_registries(["*"]) == Registries()


@pytest.mark.parametrize(
    "word", ["", "https://a", "a/b", "A", "a:0", "a:b", "*.a", "http://", "-a"]
)
def test_what_is_no_name_is_not_taken(word):
    with pytest.raises(ValueError, match="no name of a registry"):
        read_registries([word])
