"""What commands print."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from router.cli.output import Paint, colored, dump, safe, table, when


def test_control_characters_are_written_out_and_cannot_move_the_cursor() -> None:
    assert safe("a\x1b[2Jb\r\nc\x00") == r"a\x1b[2Jb\r\nc\x00"
    assert safe("\u202egnp.exe\u200b") == r"\u202egnp.exe\u200b"


def test_a_lone_surrogate_can_be_printed() -> None:
    assert safe("x\ud800y").encode() == b"x\\ud800y"


def test_ordinary_text_is_left_alone() -> None:
    assert safe("Zoë 日本 😀 <b>") == "Zoë 日本 😀 <b>"


def test_columns_are_as_wide_as_their_widest_cell_and_lines_end_without_blanks() -> None:
    assert table(("A", "LONG"), [("wide cell", 1), ("x", "")]).splitlines() == [
        "A          LONG",
        "wide cell  1",
        "x",
    ]


def test_a_newline_in_a_cell_does_not_make_a_line() -> None:
    assert len(table(("A",), [("one\ntwo",)]).splitlines()) == 2


def test_times_are_utc_to_the_second() -> None:
    assert when(datetime(2026, 11, 23, 10, 0, 5, 999, tzinfo=UTC)) == "2026-11-23T10:00:05Z"
    assert when(None) == ""


def test_json_takes_times_and_bytes_of_any_kind() -> None:
    said = json.loads(dump({"at": datetime(2026, 1, 2, tzinfo=UTC), "body": b"\xff{}"}))
    assert said == {"at": "2026-01-02T00:00:00Z", "body": "\ufffd{}"}


def test_colour_is_for_terminals_and_can_be_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colored(Terminal())
    assert not colored(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colored(Terminal())
    assert Paint(on=True)("x", "red", "bold") == "\x1b[31;1mx\x1b[0m"
    assert Paint(on=False)("x", "red") == "x"
