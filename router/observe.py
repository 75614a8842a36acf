"""What is worth telling while it happens: one set of hooks for logs, metrics and the terminal of `dev`."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from router.model import Attempt, Event, Plan, RawRequest, StoredDelivery

log = logging.getLogger(__name__)


class Observer:
    """Told of every step of the data path; does nothing by itself. Must return fast, and must not raise."""

    def refused(self, request: RawRequest | None, source: str, status: int, reason: str) -> None:
        """Note that a request was not accepted; `request` is None where its body was not read."""

    def verified(self, source: str, secret: int) -> None:
        """Note that a request was genuine, and the number, from 1, of the secret or key that it fits."""

    def accepted(self, event: Event, plan: Plan, *, duplicate: bool, differs: bool) -> None:
        """Note that an event is in the journal (or was already: `duplicate`)."""

    def handshake(self, source: str) -> None:
        """Note that a sender tried its address, and was answered."""

    def attempted(self, delivery: StoredDelivery, attempt: Attempt) -> None:
        """Note that an attempt is over and recorded."""

    def reloaded(self, digest: str, problems: int, failure: str = "") -> None:
        """Note that the files were read again.

        With problems (their number) or a failure (why they were not put in force) the old ones stay: `digest`.
        """

    def purged(self, events: int) -> None:
        """Note that so many events were removed from the journal, because their retention was over."""


class Observers(Observer):
    """Tells many; one that raises does not keep the others from being told, nor the work from going on."""

    def __init__(self, observers: Iterable[Observer] = ()) -> None:
        self._all = list(observers)

    def add(self, observer: Observer) -> None:
        """Tell this one, too, from now on."""
        self._all.append(observer)

    def refused(self, request: RawRequest | None, source: str, status: int, reason: str) -> None:
        """Tell all."""
        self._tell("refused", request, source, status, reason)

    def verified(self, source: str, secret: int) -> None:
        """Tell all."""
        self._tell("verified", source, secret)

    def accepted(self, event: Event, plan: Plan, *, duplicate: bool, differs: bool) -> None:
        """Tell all."""
        self._tell("accepted", event, plan, duplicate=duplicate, differs=differs)

    def handshake(self, source: str) -> None:
        """Tell all."""
        self._tell("handshake", source)

    def attempted(self, delivery: StoredDelivery, attempt: Attempt) -> None:
        """Tell all."""
        self._tell("attempted", delivery, attempt)

    def reloaded(self, digest: str, problems: int, failure: str = "") -> None:
        """Tell all."""
        self._tell("reloaded", digest, problems, failure)

    def purged(self, events: int) -> None:
        """Tell all."""
        self._tell("purged", events)

    def _tell(self, what: str, *args: object, **kwargs: object) -> None:
        for observer in self._all:
            try:
                getattr(observer, what)(*args, **kwargs)
            except Exception:
                log.exception("an observer failed")
