"""Reads the configuration again when a file changes, and puts it in force only if it is whole."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from router.config.document import Document
from router.config.report import render
from router.live import Live
from router.observe import Observer
from router.ruleset import Loaded, Ruleset

log = logging.getLogger(__name__)

Stamp = tuple[tuple[str, int, int, int], ...]


def stamp(files: Iterable[Path]) -> Stamp:
    """Return what changes when one of the files does: also when it is replaced, or a link is pointed elsewhere."""
    seen = []
    for file in sorted(files):
        try:
            state = os.stat(file)
        except OSError:
            seen.append((str(file), 0, 0, 0))
        else:
            seen.append((str(file), state.st_ino, state.st_mtime_ns, state.st_size))
    return tuple(seen)


class Reloader:
    """Swaps a new configuration in: `load` reads it, `apply` opens what it needs before it is in force."""

    def __init__(
        self,
        live: Live,
        load: Callable[[], Loaded],
        apply: Callable[[Ruleset], Awaitable[None]],
        observer: Observer,
    ) -> None:
        self._live = live
        self._load = load
        self._apply = apply
        self._observer = observer
        self._one_at_a_time = asyncio.Lock()
        self._watched = _watched(live.ruleset.document)

    async def reload(self) -> bool:
        """Read the files again; on any error the old configuration stays in force, and the log says so."""
        async with self._one_at_a_time:
            before = self._live.ruleset
            loaded = await asyncio.to_thread(self._load)
            if loaded.document is not None:
                self._watched = _watched(loaded.document)
            if loaded.ruleset is None:
                log.error(
                    "the new configuration has errors; the old one stays in force\n%s",
                    render(loaded.problems, loaded.texts, color=False),
                )
                self._observer.reloaded(before.digest, len(loaded.problems.errors))
                return False
            await self._apply(loaded.ruleset)
            self._live.swap(loaded.ruleset)
            for name in _needs_restart(before, loaded.ruleset):
                log.warning("`%s` has changed: it takes effect when the router is started again", name)
            self._observer.reloaded(loaded.ruleset.digest, 0)
            return True

    async def watch(self, interval: float) -> None:
        """Reload whenever a file has changed and then stood still for one interval; ends when cancelled."""
        known = stamp(self._watched)
        pending: Stamp | None = None
        while True:
            await asyncio.sleep(interval)
            now = stamp(self._watched)
            if now == known:
                pending = None
            elif now == pending:  # an editor writes in steps; a half-written file is not worth an error
                await self.reload()
                known, pending = stamp(self._watched), None
            else:
                pending = now


def _watched(document: Document) -> tuple[Path, ...]:
    return (*document.files, *document.folders)  # a folder changes when a file joins an include's glob


def _needs_restart(old: Ruleset, new: Ruleset) -> list[str]:
    return [
        name
        for name in ("server", "admin", "journal")
        if getattr(old.document, name) != getattr(new.document, name)
    ]
