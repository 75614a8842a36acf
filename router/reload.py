"""Reads the configuration again when a file changes, and puts it in force only if it is whole."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from router.config.report import render
from router.live import Live
from router.observe import Observer
from router.ruleset import Loaded, Ruleset
from router.turns import short_turns

log = logging.getLogger(__name__)

Stamp = dict[Path, object]

_PASSING = ("-wal", "-shm", "-journal", ".lock", ".pyc", "~")  # a database or an editor comes and goes


def stamp(files: Iterable[Path]) -> Stamp:
    """Return what changes when one of the files does: also when it is replaced, or a link is pointed elsewhere.

    Of a folder it is the names in it, without hidden ones and those of passing files.
    """
    return {file: _state(file) for file in files}


def _state(file: Path) -> object:
    try:
        if file.is_dir():
            names = sorted(os.listdir(file))
            return [n for n in names if not n.startswith((".", "__pycache__")) and not n.endswith(_PASSING)]
        state = os.stat(file)
    except (OSError, ValueError):
        return None
    return state.st_dev, state.st_ino, state.st_mtime_ns, state.st_size


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
        self._started = live.ruleset
        self._load = load
        self._apply = apply
        self._observer = observer
        self._one_at_a_time = asyncio.Lock()
        self._known = stamp(live.ruleset.watched)
        self._pending: Stamp | None = None

    async def reload(self) -> bool:
        """Read the files again; on any error the old configuration stays in force, and the log says so."""
        async with self._one_at_a_time:
            before = self._live.ruleset
            self._known = old = stamp(self._known)  # what changes while it is read is a change of tomorrow
            with short_turns():
                loaded = await asyncio.to_thread(self._load)
            self._known = {**stamp(loaded.watched), **{f: old[f] for f in loaded.watched if f in old}}
            if loaded.ruleset is None:
                log.error(
                    "the new configuration has errors; the old one stays in force\n%s",
                    render(loaded.problems, loaded.texts, color=False),
                )
                self._observer.reloaded(before.digest, len(loaded.problems.errors))
                return False
            await self._apply(loaded.ruleset)
            self._live.swap(loaded.ruleset)
            log.info("reloaded: configuration %s is in force", loaded.ruleset.digest[:12])
            for name in _needs_restart(self._started, loaded.ruleset):
                log.warning("`%s` has changed: it takes effect when the router is started again", name)
            self._observer.reloaded(loaded.ruleset.digest, 0)
            return True

    async def watch(self, interval: float) -> None:
        """Look at the files again and again; ends when cancelled, and of nothing else."""
        while True:
            await asyncio.sleep(interval)
            try:
                await self.look()
            except Exception:
                log.exception("the configuration could not be read again; the old one stays in force")

    async def look(self) -> bool:
        """Reload where a file has changed and then stood still between two looks; tell whether it did."""
        now = stamp(self._known)
        if now == self._known:
            self._pending = None
        elif now == self._pending:  # an editor writes in steps; a half-written file is not worth an error
            self._pending = None
            return await self.reload()
        else:
            self._pending = now
        return False


def _needs_restart(old: Ruleset, new: Ruleset) -> list[str]:
    return [
        name
        for name in ("server", "admin", "journal")
        if getattr(old.document, name) != getattr(new.document, name)
    ]
