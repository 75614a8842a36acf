"""The words and colours in which commands tell of verdicts and states: the same in `dev` and in `explain`."""

from __future__ import annotations

from router.cli.output import Paint
from router.model import DeliveryState

STATES = {
    DeliveryState.DELIVERED: ("delivered", "green"),
    DeliveryState.SKIPPED: ("skipped", "dim"),
    DeliveryState.DEAD: ("dead", "red"),
    DeliveryState.READY: ("again later", "yellow"),
}
TAKES, NOT_THIS = "takes it", "not this"


def verdict(paint: Paint, *, taken: bool) -> str:
    """Return the word for a route that takes an event or does not; all of one width."""
    return paint(TAKES, "green") if taken else paint(NOT_THIS, "dim")


def verified(scheme: str) -> str:
    """Say how an event was verified."""
    return "not verified (verify: none)" if scheme == "none" else f"verified ({scheme})"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many or one + 's'}"
