"""Every error that somebody catches.

RouterError
├── ConfigError          the files cannot be used; carries the problems, each with its place
├── PluginError          an action plugin cannot be loaded
├── Rejected             a request that is not accepted: a status, and a reason for the log only
├── RenderError          a template, expression or parameter failed for one event
├── JournalError         the journal cannot be used
│   ├── JournalBusy      another process owns it
│   └── JournalUnwritable  it cannot persist now; the sender is asked to try again
└── DeliveryError        an attempt that did not deliver
    ├── Retry            may work later
    └── Permanent        will never work as it stands
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class RouterError(Exception):
    """Anything that the router itself raises."""


class ConfigError(RouterError):
    """The configuration cannot be used; `problems` holds every fault, each with its place."""

    def __init__(self, problems: Sequence[Any]) -> None:
        super().__init__(f"{len(problems)} problem(s) in the configuration")
        self.problems = tuple(problems)


class PluginError(RouterError):
    """An action plugin cannot be loaded; the text names the file and says what to do."""


class Rejected(RouterError):
    """A request that is not accepted.

    `status` is what the sender gets; `reason` is for the log and the list of refusals, and is never
    part of the answer.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class RenderError(RouterError):
    """A template, expression or parameter that failed for one event; the text says where and why."""


class JournalError(RouterError):
    """The journal cannot be used; the text says what to do."""


class JournalBusy(JournalError):
    """Another process owns the journal."""


class JournalUnwritable(JournalError):
    """The journal cannot persist now (disk full, read-only, too much waiting): try again later."""


class DeliveryError(RouterError):
    """An attempt that did not deliver; `reason` is kept in the journal and must hold no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Permanent(DeliveryError):
    """The delivery will never work as it stands: it becomes dead at once."""


class Retry(DeliveryError):
    """The delivery may work later.

    `after` is the number of seconds that the destination asked to be left alone for, if it did: its whole lane
    pauses. `throttled` says that the destination turned the call away unread (429): it counts as no attempt.
    """

    def __init__(self, reason: str, *, after: float | None = None, throttled: bool = False) -> None:
        super().__init__(reason)
        self.after = after
        self.throttled = throttled
