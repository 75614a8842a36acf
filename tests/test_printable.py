"""Foreign texts where people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from router.printable import one_line, printable, to_the_second


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada é 名前 🎉", "Ada é 名前 🎉"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x00\x7f\x85\x9b", r"\x00\x7f\x85\x9b"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("abc\u202edef", r"abc\u202edef"),
        ("\ud800", r"\ud800"),
        ("no\xa0break", "no\xa0break"),
    ],
)
def test_what_moves_a_cursor_or_ends_a_line_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_line_is_one_line_and_no_longer_than_asked() -> None:
    assert one_line("  a\r\n b\x1b\u2028c ", 80) == r"a b\x1b c"
    assert one_line("x" * 99, 10) == "x" * 9 + "…"
    assert one_line("\n" * 99 + "x", 10) == ""


def test_a_time_is_told_in_utc_to_the_second() -> None:
    moment = datetime(2026, 11, 23, 22, 19, 55, 999_999, UTC)
    assert to_the_second(moment) == "2026-11-23T22:19:55Z"
    assert to_the_second(moment.astimezone(timezone(timedelta(hours=2)))) == "2026-11-23T22:19:55Z"
