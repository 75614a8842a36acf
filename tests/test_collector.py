"""The collector stands still while a configuration is loaded, and goes on afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from router import collector
from router.collector import paused


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_it_stands_still_until_the_last_of_several_loads_is_done_even_where_one_fails() -> None:
    with paused():
        with pytest.raises(ValueError, match="broken"), paused():
            raise ValueError("broken")
        assert not gc.isenabled()
    assert gc.isenabled()


def test_one_that_was_switched_off_stays_off() -> None:
    gc.disable()
    with paused():
        pass
    assert not gc.isenabled()


def test_much_that_was_made_is_set_aside_and_little_is_not() -> None:
    gc.collect()
    before = gc.get_freeze_count()
    with paused():
        few = [[] for _ in range(100)]  # type: ignore[var-annotated]
    assert gc.get_freeze_count() == before
    with paused():
        many = [[] for _ in range(collector.MANY + 1000)]  # type: ignore[var-annotated]
    assert gc.get_freeze_count() > before + collector.MANY
    assert few
    assert many
