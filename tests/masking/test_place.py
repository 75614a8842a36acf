"""Places in a payload, as a person names them."""

from __future__ import annotations

import pytest

from router.masking.place import Unplaced, place_of

DATA = {"id": 1, "items": [{"name": "a"}], "a.b": 2}
PAYLOAD = {"type": "x", "wrapped": {"data": DATA}}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("payload.type", ("type",)),
        ("data", ("wrapped", "data")),
        ("data.items.*.name", ("wrapped", "data", "items", "*", "name")),
        ("data.items[0].name", ("wrapped", "data", "items", "0", "name")),
        ("data['a.b']", ("wrapped", "data", "a.b")),
    ],
)
def test_a_place_is_a_path_from_the_root(text: str, path: tuple[str, ...]) -> None:
    assert place_of(text, PAYLOAD, DATA) == path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("data.nme", "is not in the payload"),
        ("data.items[1]", "is not in the payload"),
        ("email", "write `data.email` or `payload.email`"),
        ("", "no path"),
        ("data.items[", "no path"),
    ],
)
def test_a_place_that_is_not_there_says_so(text: str, reason: str) -> None:
    with pytest.raises(Unplaced, match=reason):
        place_of(text, PAYLOAD, DATA)


def test_the_data_may_be_the_whole_payload() -> None:
    assert place_of("data.type", PAYLOAD, PAYLOAD) == ("type",)
