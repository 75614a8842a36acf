"""Globs of event types."""

from __future__ import annotations

import fnmatch
import re
import time

from hypothesis import given
from hypothesis import strategies as st

from router.routing.events import glob_fits


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_a_star_is_any_text(glob: str, text: str) -> None:
    wanted = re.fullmatch(".*".join(map(re.escape, glob.split("*"))), text, re.DOTALL) is not None
    assert glob_fits(glob, text) == wanted
    assert fnmatch.fnmatchcase(text, glob) == wanted


def test_only_the_star_is_special() -> None:
    assert not glob_fits("a?", "ab")
    assert not glob_fits("[ab]", "a")
    assert glob_fits("a?", "a?")
    assert glob_fits("*/*", "a.b/c\nd")


def test_many_stars_do_not_take_long() -> None:
    started = time.process_time()
    assert not glob_fits("*a" * 500 + "b", "a" * 100_000)
    assert time.process_time() - started < 1
