"""Reaches every destination of a configuration at once, and sends nothing: what `check --connect` does."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import aiohttp

from router.config.node import Mark
from router.config.problem import Problems
from router.delivery.faults import expected, reason_of
from router.delivery.threads import Threads
from router.destinations import Destination
from router.errors import JournalError, Permanent, Retry
from router.examples import examples
from router.journal.look import look
from router.plugin import Action, Finding, Probed, Use
from router.printable import one_line
from router.routing.action import RouteAction
from router.routing.parameters import place_of
from router.ruleset import Ruleset
from router.tasks import spawn

TIMEOUT = 10.0
"""Seconds for one destination, from opening to its last answer."""
_CLOSING = 2.0
_LONGEST = 500  # characters of what a plugin says

UNREACHABLE = "unreachable"  #: the code of what was not reached, and may be later


@dataclass(frozen=True, slots=True)
class Connection:
    """What became of one destination: `ok`, `warning`, `wrong`, `unreachable` or `unchecked`, and why.

    `asked` counts the actions that go there.
    """

    name: str
    plugin: str
    state: str
    said: str
    asked: int


async def connect(
    ruleset: Ruleset,
    http: aiohttp.ClientSession,
    problems: Problems,
    now: datetime,
    *,
    timeout: float = TIMEOUT,
    ended: Callable[[int, int], None] = lambda done, total: None,
) -> list[Connection]:
    """Probe every destination that stands in the file or that an action goes to, all at the same time.

    What is wrong is noted in `problems`: `unreachable` where nothing answers, `misfit` where a setting or an
    action does not fit. `ended` is told how many of them are done. Nothing is raised.
    """
    uses = _uses(ruleset, now)
    asked = [d for d in ruleset.destinations.values() if d.mark is not None or uses.get(d.name)]
    done = 0

    async def one(destination: Destination) -> Probed | Finding | None:
        nonlocal done
        found = await _Probe(destination, http, timeout).run([use for use, _ in uses.get(destination.name, ())])
        done += 1
        ended(done, len(asked))
        return found

    ended(0, len(asked))
    tasks = [spawn(one(destination), name=f"probe {destination.name}") for destination in asked]
    if tasks:
        await asyncio.wait(tasks, timeout=timeout + 2 * _CLOSING)
    stuck = Finding(
        f"its plugin does not end {2 * _CLOSING:g} s after its time of {timeout:g} s", unreachable=True
    )
    return [
        _told(
            ruleset, destination, uses.get(destination.name, []), task.result() if task.done() else stuck, problems
        )
        for destination, task in zip(asked, tasks, strict=True)
    ]


async def look_at_journal(ruleset: Ruleset, problems: Problems) -> Connection:
    """Say whether the journal could be used, without touching it; what is wrong is noted as `unreachable`."""
    settings = ruleset.document.journal
    state = "ok"
    try:
        async with asyncio.timeout(TIMEOUT):
            said = await look(settings.path or settings.url, settings.min_free)
    except (JournalError, TimeoutError) as error:
        state, said = "unreachable", str(error) or f"the journal gave no answer within {TIMEOUT:g} s"
        problems.error("unreachable", settings.mark or Mark(str(ruleset.document.path)), _clean(ruleset, said))
    return Connection("journal", "", state, _clean(ruleset, said), 0)


def _uses(ruleset: Ruleset, now: datetime) -> dict[str, list[tuple[Use, RouteAction]]]:
    """Return the actions by the destination they go to; those of routes that are switched off are left out."""
    found: dict[str, list[tuple[Use, RouteAction]]] = {}
    samples, table = examples(ruleset, now), ruleset.table
    every = [
        (r.name, a) for r in table.routes if r.enabled for a in (*r.actions, *r.otherwise, *(r.on_dead or ()))
    ]
    for route, action in [*every, *(("", action) for action in table.on_dead)]:
        use = Use(route, action.name, action.parameters.written, samples.get((route, action.name), ()))
        found.setdefault(action.destination.name, []).append((use, action))
    return found


class _Probe:
    """One destination, opened for the while; whatever its plugin does ends within the time-out."""

    def __init__(self, destination: Destination, http: aiohttp.ClientSession, timeout: float) -> None:
        self._destination = destination
        self._http = http
        self._timeout = timeout
        self._threads = Threads(2, f"probe {destination.name}")

    async def run(self, uses: Sequence[Use]) -> Probed | Finding | None:
        """Return what the plugin found, a finding where it could not say; None where it has no probe."""
        kind = self._destination.action
        if kind.probe is Action.probe:
            return None
        try:
            action = kind()
            action.config = self._destination.config
            action.http = self._http
            action.log = logging.getLogger(f"router.actions.{self._destination.name}")
            async with asyncio.timeout(self._timeout):
                give_up = asyncio.get_running_loop().call_later(self._timeout - 0.1, self._threads.close)
                try:
                    await self._call(action.open)
                    try:
                        found = _sound(await self._call(action.probe, uses))
                    finally:
                        await self._closed(action)
                finally:
                    give_up.cancel()
        except BaseException as error:  # whatever a plugin raises is this destination's trouble only
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return self._failure(error)
        finally:
            self._threads.close()
        return found  # type: ignore[no-any-return] # it was looked at

    def _failure(self, error: BaseException) -> Finding:
        if isinstance(error, TimeoutError):
            return Finding(f"no answer within {self._timeout:g} s", unreachable=True)
        if isinstance(error, Permanent):
            return Finding(error.reason)
        if isinstance(error, Retry) or expected(error):
            return Finding(reason_of(error), unreachable=True)
        return Finding(f"the plugin's `probe` failed: {reason_of(error)}", hint="mend the plugin")

    async def _closed(self, action: Action[Any, Any]) -> None:
        try:
            async with asyncio.timeout(_CLOSING):
                await self._call(action.close)
        except Exception:
            action.log.debug("did not close after its probe", exc_info=True)

    async def _call(self, function: Callable[..., Any], *arguments: object) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(*arguments)
        result = await self._threads.run(partial(function, *arguments))
        return await result if inspect.isawaitable(result) else result


def _sound(found: Any) -> Any:
    """Return what a plugin's probe has returned; raises TypeError where it is not what it should be."""
    texts = [found.said] if isinstance(found, Probed) else []
    for one in found.findings if isinstance(found, Probed) else ():
        texts += [one.message, one.hint or "", *map(str, one.path)] if isinstance(one, Finding) else [None]
    if not all(isinstance(text, str) for text in texts) or not (found is None or isinstance(found, Probed)):
        raise TypeError("it has to return Probed, of a text and findings, or None")
    return found


def _told(
    ruleset: Ruleset,
    destination: Destination,
    uses: Sequence[tuple[Use, RouteAction]],
    answer: Probed | Finding | None,
    problems: Problems,
) -> Connection:
    """Note the findings at their places, and sum them up."""
    clean = partial(_clean, ruleset)
    if answer is None:
        said, findings = "not checked: " + _why_not(destination), []
    elif isinstance(answer, Finding):
        said, findings = clean(answer.message), [answer]
    else:
        said, findings = clean(answer.said), list(answer.findings)
    of_use = dict(uses)
    for finding in findings:
        mark = _mark(ruleset, destination, finding, of_use)
        note = problems.warning if finding.warning else problems.error
        hint = clean(finding.hint) if finding.hint else None
        message = f"`{destination.name}`: {clean(finding.message)}"
        if finding.unreachable:
            note("unreachable", mark, message, hint)
        else:
            note("misfit", mark, message, hint)
    state = "unchecked" if answer is None else _state(findings)
    said = said or (clean(findings[0].message) if findings else "it answers")
    return Connection(destination.name, destination.plugin, state, said, len(uses))


def _why_not(destination: Destination) -> str:
    if destination.action.probe is Action.probe:
        return "the plugin has no probe"
    return "no address is known before an event"


def _state(findings: Sequence[Finding]) -> str:
    errors = [finding for finding in findings if not finding.warning]
    if not errors:
        return "warning" if findings else "ok"
    return "wrong" if any(not finding.unreachable for finding in errors) else "unreachable"


def _mark(ruleset: Ruleset, destination: Destination, finding: Finding, of_use: Mapping[Use, RouteAction]) -> Mark:
    action = of_use.get(finding.use) if finding.use is not None else None
    if action is not None:
        return place_of(action.parameters.node, finding.path, key=finding.key)
    settings = ruleset.document.destinations.get(destination.name)
    if settings is not None and finding.path:
        found = place_of(settings, finding.path, key=finding.key)
        if found != settings.mark:
            return found
    return destination.mark or next((a.mark for a in of_use.values()), Mark(str(ruleset.document.path)))


def _clean(ruleset: Ruleset, text: str) -> str:
    return one_line(ruleset.redactor.text(text), _LONGEST)
