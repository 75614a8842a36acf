"""Where type, id, time and data were found, and what stands for them where they are not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from router.explaining.identification import identification
from tests.explaining.senders import rules, sent


def found(folder: Path, name: str, payload: Any, type_: str = "") -> dict[str, tuple[str, str, str]]:
    """Return what is told of each part."""
    source = rules(folder).sources[name]
    request = sent(source, type_, json.dumps(payload).encode())
    event = source.identify(request, "evt_ours")
    return {one.what: (one.value, one.place, one.note) for one in identification(source, request, event)}


def test_each_part_is_told_with_its_place(tmp_path: Path) -> None:
    payload = {"type": "user.created", "timestamp": 1795437000123, "data": {"id": "user_1"}}
    assert found(tmp_path, "clerk", payload) == {
        "type": ("user.created", "`$.type`", ""),
        "id": ("msg_1", "the signed header `svix-id`", ""),
        "time": ("2026-11-23T12:30:00Z", "`$.timestamp`", ""),
        "data": ("`id`", "`$.data`", ""),
    }


def test_a_type_of_several_parts_may_lack_one(tmp_path: Path) -> None:
    type_ = found(tmp_path, "github", {"ref": "main"}, "push")["type"]
    assert type_ == ("push", "`header:X-GitHub-Event` (nothing at `$.action`)", "")


@pytest.mark.parametrize(
    ("payload", "part", "note"),
    [
        ({"objekt": 1}, "type", "`$.object` is not there; `$` has `objekt`"),
        ({"object": True}, "type", "`$.object` is true"),
        (
            {},
            "id",
            "`$.id` is not there; `$` has no keys: the router's own stands for it, and nothing is a duplicate",
        ),
        ({"id": [1]}, "id", "`$.id` is the list `[1]`"),
        ({"at": "soon"}, "time", "`$.at` is the text `soon`: the time of the receipt"),
        ({"dta": 1}, "data", "`$.data` is not there; `$` has `dta`"),
        ({"data": None}, "data", "`$.data` is null"),
    ],
)
def test_what_is_not_there_says_what_is(tmp_path: Path, payload: Any, part: str, note: str) -> None:
    assert note in found(tmp_path, "open", payload)[part][2]


def test_a_source_that_names_no_place_says_so(tmp_path: Path) -> None:
    told = found(tmp_path, "am", {"status": "firing"})
    assert "has no `id`" in told["id"][2]
    assert "has no `time`" in told["time"][2]
    assert told["data"][1] == "the whole body"
