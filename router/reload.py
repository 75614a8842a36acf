"""Reads the configuration again when a file changes, and puts it in force only if it is whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from router.config.problem import Problem
from router.config.report import render
from router.errors import JournalError
from router.live import Live
from router.observe import Observer
from router.ruleset import Loaded, Ruleset
from router.turns import short_turns
from router.watched import Stamp, stamp

log = logging.getLogger(__name__)

TRIES = 5
"""How often files are read again that change while they are read, so that no half of a change is put in force."""
_STAYS = "the old configuration stays in force"


class Result(StrEnum):
    """How a reload ended."""

    LOADED = "loaded"
    REFUSED = "refused"  #: the files have errors
    FAILED = "failed"  #: the files are good, and could not be put in force
    ENDING = "ending"  #: the router ends, so that nothing was read


@dataclass(frozen=True, slots=True)
class Reload:
    """How a reload ended, and when; `digest` is of the configuration that is in force after it.

    `problems` are those of the files, warnings too. `reason` says why it failed.
    """

    at: datetime
    result: Result
    digest: str
    problems: tuple[Problem, ...] = ()
    reason: str = ""


class Reloader:
    """Swaps a new configuration in.

    `load` reads it, in a thread; `prepare` does what has to be done before it is in force and may fail, as
    saving it in the journal may; `apply` opens and closes destinations, and must not wait for anything: what it
    does and the swap are one step for everybody else. Nothing is put in force once `ending` says so.
    """

    def __init__(
        self,
        live: Live,
        load: Callable[[], Loaded],
        prepare: Callable[[Ruleset], Awaitable[None]],
        apply: Callable[[Ruleset], None],
        observer: Observer,
        *,
        clock: Callable[[], datetime],
        ending: Callable[[], bool] = lambda: False,
    ) -> None:
        self._live = live
        self._started = live.ruleset
        self._load = load
        self._prepare = prepare
        self._apply = apply
        self._observer = observer
        self._clock = clock
        self._ending = ending
        self._closed = False
        self._one_at_a_time = asyncio.Lock()
        self._known = stamp(live.ruleset.watched)
        self._pending: Stamp | None = None
        self.since = clock()  #: when the configuration that is in force came into force here
        self.last: Reload | None = None

    @property
    def digest(self) -> str:
        """The digest of the configuration in force."""
        return self._live.ruleset.digest

    @property
    def needs_restart(self) -> list[str]:
        """The settings of the configuration in force that this process has not taken over."""
        old, new = self._started.document, self._live.ruleset.document
        return [name for name in ("server", "admin", "journal") if getattr(old, name) != getattr(new, name)]

    async def reload(self) -> Reload:
        """Read the files again; on any error the old configuration stays in force, and the log says so.

        One that is asked for while another one goes on reads the files once more after it. Raises nothing.
        """
        async with self._one_at_a_time:
            try:
                ended = await self._reload()
            except JournalError as error:
                ended = self._failed(f"the configuration could not be kept in the journal: {error}")
            except Exception as error:
                log.exception("the configuration could not be read again")
                ended = self._failed(f"unexpected {type(error).__name__}")
            if ended.result is not Result.ENDING:
                self.last = ended
                errors = sum(problem.severity == "error" for problem in ended.problems)
                self._observer.reloaded(ended.digest, errors, ended.reason)
            return ended

    async def close(self) -> None:
        """Put nothing in force from now on; returns when a reload that goes on has ended."""
        self._closed = True
        async with self._one_at_a_time:
            pass

    async def watch(self, interval: float) -> None:
        """Look at the files again and again; ends when cancelled, and of nothing else."""
        while True:
            await asyncio.sleep(interval)
            try:
                await self.look()
            except Exception:
                log.exception("the files of the configuration could not be looked at; %s", _STAYS)

    async def look(self) -> bool:
        """Reload where a file has changed and then stood still between two looks; tell whether it is in force."""
        now = stamp(self._known)
        if now == self._known:
            self._pending = None
        elif now == self._pending:  # an editor writes in steps; a half-written file is not worth an error
            self._pending = None
            return (await self.reload()).result is Result.LOADED
        else:
            self._pending = now
        return False

    async def _reload(self) -> Reload:
        loaded = None if self._ends() else await self._read()
        if loaded is None or self._ends():
            return self._ended(Result.ENDING, reason="the router ends")
        problems = tuple(loaded.problems)
        told = render(loaded.problems, loaded.texts, color=False).rstrip()
        if loaded.ruleset is None:
            log.error("the new configuration has errors; the old one stays in force\n%s", told)
            return self._ended(Result.REFUSED, problems)
        await self._prepare(loaded.ruleset)
        if self._ends():
            return self._ended(Result.ENDING, reason="the router ends")
        if loaded.ruleset.digest != self.digest:
            self.since = self._clock()
        self._apply(loaded.ruleset)
        self._live.swap(loaded.ruleset)
        log.info("reloaded: configuration %s is in force", self.digest[:12])
        if told:
            log.warning("the new configuration has warnings\n%s", told)
        for name in self.needs_restart:
            log.warning("`%s` has changed: it takes effect when the router is started again", name)
        return self._ended(Result.LOADED, problems)

    async def _read(self) -> Loaded:
        """Read the files as they are at one moment, unless they change all the time."""
        for _ in range(TRIES):
            old = stamp(self._known)
            self._known = old  # what changes while it is read is a change of tomorrow
            with short_turns():
                loaded = await asyncio.to_thread(self._load)
            now = stamp(loaded.watched)
            before = {file: old[file] for file in loaded.watched if file in old}
            self._known = {**now, **before}
            if before == now:  # a file that is new to it may have changed unseen
                break
        return loaded

    def _ends(self) -> bool:
        return self._closed or self._ending()

    def _failed(self, reason: str) -> Reload:
        log.error("%s; %s", reason, _STAYS)
        return self._ended(Result.FAILED, reason=reason)

    def _ended(self, result: Result, problems: tuple[Problem, ...] = (), reason: str = "") -> Reload:
        return Reload(self._clock(), result, self.digest, problems, reason)
