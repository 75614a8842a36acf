"""Many observers: one that raises keeps nobody else from being told."""

from __future__ import annotations

from typing import Any

import pytest

from router.model import DeliveryState, EventState, Plan
from router.observe import Observer, Observers
from tests.delivery.house import stored
from tests.journal.values import attempt, event


class Deaf(Observer):
    """Raises whatever it is told."""

    def __getattribute__(self, name: str) -> Any:
        raise ZeroDivisionError


class Listener(Observer):
    """Keeps the names of what it was told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def refused(self, *args: Any) -> None:
        self.heard.append("refused")

    def accepted(self, *args: Any, **more: Any) -> None:
        self.heard.append(f"accepted {more['duplicate']}")

    def attempted(self, *args: Any) -> None:
        self.heard.append("attempted")

    def reloaded(self, *args: Any) -> None:
        self.heard.append("reloaded")


def test_all_are_told_everything_though_one_raises(caplog: pytest.LogCaptureFixture) -> None:
    first, second = Listener(), Listener()
    observers = Observers([first, Deaf()])
    observers.add(second)
    delivery = stored()
    plan = Plan(event(), EventState.UNMATCHED)
    observers.refused(None, "clerk", 401, "no signature fits")
    observers.accepted(plan.event, plan, duplicate=True, differs=False)
    observers.attempted(delivery, attempt(delivery, DeliveryState.DEAD))
    observers.reloaded("digest", 0)
    assert first.heard == second.heard == ["refused", "accepted True", "attempted", "reloaded"]
    assert caplog.text.count("an observer failed") == 4


def test_an_observer_need_not_care() -> None:
    Observers([Observer()]).reloaded("digest", 0)
