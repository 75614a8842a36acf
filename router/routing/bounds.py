"""How much one event may ask for: limits that keep a template or a payload from holding everything up."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

STEPS = 10_000  #: turns of loops in the templates of one delivery, or of one var or `if`
WORK = 1_000_000  #: elements and characters that filters and tests of those templates may go through
EVENT_STEPS = 20 * STEPS  #: turns of loops for all deliveries of one event
EVENT_WORK = 5 * WORK  #: elements and characters for all deliveries of one event
RENDERED = 256 * 1024  #: characters that those templates may print
PARAMS_BYTES = 256 * 1024  #: JSON of one delivery's parameters
ITEMS = 1_000  #: items of an action's `for_each`
DELIVERIES = 1_000  #: deliveries of one event
WIDTH = 1_000  #: widths, counts and lengths that a template asks a filter or method for


class BoundsError(Exception):
    """More was asked for than one event may; the text says which limit."""


class Budget:
    """What is left of the limits for the templates of one delivery."""

    __slots__ = ("printable", "steps", "worth")

    def __init__(self, steps: int = STEPS, worth: int = WORK) -> None:
        self.steps = steps
        self.worth = worth
        self.printable = RENDERED

    def step(self) -> None:
        """Count one turn of a loop, or one call of a macro."""
        self.steps -= 1
        if self.steps < 0:
            raise BoundsError(
                f"more than {STEPS:,} loop steps (or {EVENT_STEPS:,} for all deliveries of an event)"
            )

    def work(self, amount: int) -> None:
        """Count elements or characters that something goes through."""
        self.worth -= amount
        if self.worth < 0:
            raise BoundsError("the templates go through too much data")

    def printed(self, length: int) -> None:
        """Count characters of output."""
        self.printable -= length
        if self.printable < 0:
            raise BoundsError(f"the rendered text is longer than {RENDERED // 1024} KiB")


_current: ContextVar[Budget | None] = ContextVar("budget", default=None)
_of_event: ContextVar[Budget | None] = ContextVar("budget_of_event", default=None)


def budget() -> Budget:
    """Return the budget in force; a fresh one where none is (templates being compiled)."""
    return _current.get() or Budget()


@contextmanager
def event_budget() -> Generator[None, None, None]:
    """Put in force what all deliveries of one event may use together."""
    token = _of_event.set(Budget(EVENT_STEPS, EVENT_WORK))
    try:
        yield
    finally:
        _of_event.reset(token)


class fresh_budget:
    """Puts in force a whole budget for what runs inside, or what the event has left, if that is less.

    It is called as a function is; a class is entered faster, and every template enters one.
    """

    __slots__ = ("_event", "_mine", "_steps", "_token", "_worth")

    def __enter__(self) -> Budget:
        event = self._event = _of_event.get()
        mine = Budget(min(STEPS, event.steps), min(WORK, event.worth)) if event else Budget()
        self._mine, self._steps, self._worth = mine, mine.steps, mine.worth
        self._token = _current.set(mine)
        return mine

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)
        if (event := self._event) is not None:
            event.steps = max(0, event.steps - (self._steps - self._mine.steps))
            event.worth = max(0, event.worth - (self._worth - self._mine.worth))


def counted(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, each as one loop step."""
    mine = budget()
    for item in items:
        mine.step()
        yield item


def weighed(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, each as a piece of work."""
    mine = budget()
    for item in items:
        mine.work(1)
        yield item


def width(value: object, what: str) -> None:
    """Raise BoundsError for a number that asks for giant output."""
    if isinstance(value, int) and abs(value) > WIDTH:
        raise BoundsError(f"{what} takes at most {WIDTH:,}")
