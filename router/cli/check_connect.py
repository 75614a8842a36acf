"""`router check --connect`: what answers, of the destinations and the journal."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from router.cli.ending import Leftovers
from router.cli.output import Paint, safe
from router.cli.progress import Progress, counted
from router.connect import UNREACHABLE, Connection, connect, look_at_journal
from router.ruleset import Loaded
from router.running import client_session, utc_now

_STYLE = {"ok": "green", "warning": "yellow", "wrong": "red", "unreachable": "red", "unchecked": "dim"}


@dataclass(frozen=True)
class Reached:
    """What became of each destination, and of the journal; `CODE` is of the problems of what was not reached."""

    CODE: ClassVar[str] = UNREACHABLE
    journal: Connection
    destinations: Sequence[Connection]

    def as_json(self) -> dict[str, Any]:
        """Return both as values for JSON."""
        journal = {key: value for key, value in asdict(self.journal).items() if key in ("state", "said")}
        return {"journal": journal, "destinations": [asdict(one) for one in self.destinations]}

    def as_text(self, *, color: bool) -> str:
        """Return a line for each."""
        paint = Paint(on=color)
        every = [self.journal, *self.destinations]
        name = max(len(safe(one.name)) for one in every)
        state = max(len(one.state) for one in every)
        return "\n".join(
            f"{safe(one.name).ljust(name)}  {paint(one.state.ljust(state), _STYLE[one.state])}  {safe(one.said)}"
            for one in every
        )


def run(loaded: Loaded, report: Callable[[Reached], int]) -> int:
    """Reach everything, noting what is wrong among the problems; return what `report` does.

    Ends the process itself where a plugin has left something that would not end.
    """
    logging.getLogger("router").addHandler(logging.NullHandler())  # what a plugin logs is no part of the report

    async def main() -> int:
        leftovers = Leftovers()
        code = report(await _reached(loaded))
        if await leftovers.found():
            sys.stdout.flush()
            os._exit(code)
        return code

    return asyncio.run(main())


async def _reached(loaded: Loaded) -> Reached:
    ruleset = loaded.ruleset
    assert ruleset is not None  # noqa: S101 - the caller has looked
    progress = Progress()
    ended = counted(progress, "reaching the destinations")
    try:
        async with client_session() as http:
            destinations, journal = await asyncio.gather(
                connect(ruleset, http, loaded.problems, utc_now(), ended=ended),
                look_at_journal(ruleset, loaded.problems),
            )
    finally:
        progress.end()
    return Reached(journal, destinations)
