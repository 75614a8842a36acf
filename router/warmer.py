"""Warms up the configuration in force, in the background."""

from __future__ import annotations

import asyncio
import threading

from router.routing.warm_up import warm_up
from router.ruleset import Ruleset
from router.tasks import spawn


class Warmer:
    """Has the templates of one configuration made ready; a newer one takes its place."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, ruleset: Ruleset) -> None:
        """Begin with a configuration, and leave the one before."""
        self._stop.set()
        self._stop = threading.Event()
        self._task = spawn(asyncio.to_thread(warm_up, ruleset.table, self._stop), name="make templates ready")

    async def stop(self) -> None:
        """Leave it; returns when nothing runs any more."""
        self._stop.set()
        if self._task is not None:
            await asyncio.wait([self._task])
