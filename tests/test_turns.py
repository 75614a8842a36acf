"""Threads take short turns while one of them loads, and their usual ones afterwards."""

from __future__ import annotations

import sys

import pytest

from router.turns import SHORT, short_turns


def test_turns_are_short_until_the_last_user_is_done() -> None:
    usual = sys.getswitchinterval()
    with short_turns():
        with pytest.raises(ValueError, match="broken"), short_turns():
            raise ValueError("broken")
        assert sys.getswitchinterval() == pytest.approx(SHORT)
    assert sys.getswitchinterval() == pytest.approx(usual)
