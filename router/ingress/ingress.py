"""The aiohttp handler of the public listener: one request in, one event in the journal, one answer out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from aiohttp import StreamReader, web

from router.errors import JournalError, Rejected
from router.ids import NewId
from router.ingress.answer import accepted, custom, duplicate, refusal, several
from router.ingress.noise import quieten
from router.ingress.peer import Network, remote
from router.ingress.reading import BodyLimits, Gone, read_body
from router.ingress.waiting import Held, Waiting
from router.journal.journal import Appended
from router.model import Event, EventState, Plan, RawRequest
from router.observe import Observer
from router.printable import one_line
from router.sources.handshake import Shaken
from router.sources.source import Source
from router.tasks import spawn

log = logging.getLogger(__name__)

_AT_ONCE = 16  # events of one request that are planned in one turn of the loop
_ENDING = "the process ends, and takes no more requests"


class RulesetLike(Protocol):
    """What ingress needs of the compiled configuration."""

    @property
    def sources(self) -> Mapping[str, Source]:
        """The sources by name."""

    @property
    def digest(self) -> str:
        """What tells this configuration from all others."""

    def plan(self, event: Event) -> Plan:
        """Decide what is to be done about an event."""


class Limits(Protocol):
    """What ingress needs of the `server` settings: bytes, and seconds."""

    @property
    def max_body(self) -> int:
        """The largest body, unpacked, where the source says nothing else."""

    @property
    def body_timeout(self) -> float:
        """How long a body may take to arrive."""

    @property
    def ack_timeout(self) -> float:
        """How long a sender waits, for room and for the commit, before it is asked to try again."""

    @property
    def max_waiting(self) -> int:
        """How many bytes of bodies may wait for an answer, all together."""

    @property
    def trusted_proxies(self) -> Sequence[Network]:
        """Whose X-Forwarded-For is believed."""


class Accept(Protocol):
    """Stores events with all their deliveries, all or none of them; returns after the commit."""

    def __call__(self, plans: Sequence[Plan], *, retry_dead: bool) -> Awaitable[Sequence[Appended]]:
        """`retry_dead` says whether a duplicate makes the dead deliveries of its event due again."""


class Ingress:
    """Accepts events: nothing is acknowledged before `accept` has returned, and no answer is ever a 500.

    `ruleset` gives the rules in force at this moment; a request is served by one version of them. `waiting`
    counts the bytes without an answer. Once the application shuts down, no request begins any more, and every
    answer ends its connection.
    """

    def __init__(
        self,
        ruleset: Callable[[], RulesetLike],
        accept: Accept,
        observer: Observer,
        clock: Callable[[], datetime],
        new_uid: NewId,
        settings: Limits,
    ) -> None:
        self._ruleset = ruleset
        self._accept = accept
        self._observer = observer
        self._clock = clock
        self._new_uid = new_uid
        self._settings = settings
        self._ending = False
        self._arriving: set[StreamReader] = set()
        self.waiting = Waiting(settings.max_waiting)

    def add_to(self, app: web.Application) -> None:
        """Serve every path of the application that nothing else serves."""
        quieten()
        app.router.add_route("*", r"/{path:[\s\S]*}", self.handle)  # a line break may be in a path, too
        app.on_shutdown.append(self._end)

    async def handle(self, request: web.Request) -> web.Response:
        """Serve one request."""
        answer = await self._answer(request)
        if self._ending:
            answer.force_close()
        return answer

    async def _end(self, _: web.Application) -> None:
        self._ending = True
        for content in self._arriving:  # aiohttp takes no more of these, so to wait for them would be in vain
            if not content.is_eof():
                content.set_exception(Rejected(503, _ENDING))

    async def _answer(self, request: web.Request) -> web.Response:
        held = Held(self.waiting, self._settings.ack_timeout)
        raw: RawRequest | None = None
        name = ""
        peer = remote(
            request.remote, request.headers.getall("X-Forwarded-For", ()), self._settings.trusted_proxies
        )
        try:
            if self._ending:
                raise Rejected(503, _ENDING)
            rules = self._ruleset()
            source = _find(rules, request.path)
            name = source.name
            if not source.takes(request.method):
                raise Rejected(405, f"{request.method[:20]!r} instead of POST")
            if not source.allows(peer):
                raise Rejected(403, "the address is not in `allow_ips`")
            limits = BodyLimits(source.max_body or self._settings.max_body, self._settings.body_timeout)
            raw = self._raw(name, request, await self._body(request, limits, held), peer)
            if (shaken := source.handshake(raw, verified=False)) is not None:
                return self._shake(name, shaken)
            if request.method != "POST":
                raise Rejected(
                    401, f"no handshake fits this {request.method}: another token, or a value is missing"
                )
            if (secret := source.verify(raw)) is not None:
                self._observer.verified(name, secret)
            if (shaken := source.handshake(raw, verified=True)) is not None:
                return self._shake(name, shaken)
            events = source.identify_all(raw, self._new_uid)
            if not held.at_once(
                sum(len(event.body) for event in events) - len(raw.body) if len(events) > 1 else 0
            ):
                raise Rejected(429, "too many bytes of bodies wait for an answer")
            return await self._append(source, await _plans(rules, events), held)
        except Rejected as error:
            answer = self._refuse(raw, name, peer, error.status, error.reason)
            if raw is None and request.body_exists:
                answer.force_close()  # what is left of the body is no next request
            return answer
        except JournalError as error:
            return self._refuse(raw, name, peer, 503, f"the journal cannot be written: {error}")
        except (Gone, ConnectionError):
            log.debug("the sender of a request for %r hung up", name)
            return refusal(400)
        except Exception as error:
            log.exception("a request for the source %r failed unexpectedly", name)
            return self._refuse(raw, name, peer, 503, f"unexpected {type(error).__name__}")
        finally:
            held.release()

    async def _body(self, request: web.Request, limits: BodyLimits, held: Held) -> bytes:
        self._arriving.add(request.content)
        try:
            return await read_body(request, limits, held)
        finally:
            self._arriving.discard(request.content)

    def _raw(self, name: str, request: web.Request, body: bytes, peer: str | None) -> RawRequest:
        return RawRequest(
            source=name,
            method=request.method,
            path=request.path,
            query=tuple(request.query.items()),
            headers=tuple((str(key), value) for key, value in request.headers.items()),
            body=body,
            received_at=self._clock(),
            remote=peer,
        )

    async def _append(self, source: Source, plans: Sequence[Plan], held: Held) -> web.Response:
        """Wait for the commit, but no longer than a sender still does; one that comes later counts, too."""
        task = spawn(self._commit(plans, source.retries_dead), name=f"accept events of {source.name}")
        done, _ = await asyncio.wait({task}, timeout=held.patience)
        if not done:
            # The bytes are in memory until the commit is over, so they go on counting until then.
            kept = held.hand_over()
            task.add_done_callback(lambda _: kept.release())
            raise Rejected(503, f"not committed within {self._settings.ack_timeout:g} s")
        results = task.result()
        if isinstance(results, Exception):
            raise results
        if source.response is not None:
            return custom(source.response)
        if source.split is not None:
            return several(results)
        (result,) = results
        return duplicate(result.uid) if result.duplicate else accepted(result.uid, len(result.deliveries))

    async def _commit(self, plans: Sequence[Plan], retry_dead: bool) -> Sequence[Appended] | Exception:
        # A failure is a value here: nobody may wait for it any more, and it is no fault of the task's.
        try:
            results = await self._accept(plans, retry_dead=retry_dead) if plans else ()
        except Exception as error:
            return error
        for plan, appended in zip(plans, results, strict=True):
            self._observer.accepted(plan.event, plan, duplicate=appended.duplicate, differs=appended.differs)
        return results

    def _shake(self, name: str, shaken: Shaken) -> web.Response:
        log.info("the sender of the source %s tried its address, and was answered", name)
        if shaken.shown is not None:
            # Not verified, so it is shown to a person, and kept nowhere.
            log.warning("somebody sent a token for the source %s: %s", name, one_line(shaken.shown, 255))
        self._observer.handshake(name)
        return custom(shaken.response)

    def _refuse(
        self, raw: RawRequest | None, name: str, peer: str | None, status: int, reason: str
    ) -> web.Response:
        log.warning("refused %d: source %s, from %s: %s", status, name or "-", peer or "-", one_line(reason, 500))
        self._observer.refused(raw, name, status, reason)
        return refusal(status)


def _find(rules: RulesetLike, path: str) -> Source:
    for source in rules.sources.values():
        if source.path == path:
            return source
    raise Rejected(404, f"no source has the path {path[:200]!r}")


async def _plans(rules: RulesetLike, events: Sequence[Event]) -> list[Plan]:
    """Plan the events; between those of many, other requests get their turn."""
    plans = []
    for number, event in enumerate(events, 1):
        plans.append(_plan(rules, event))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return plans


def _plan(rules: RulesetLike, event: Event) -> Plan:
    """Plan the event; one whose planning raises is kept all the same, to be replayed after the fix."""
    try:
        return rules.plan(event)
    except Exception as error:
        log.exception("planning the event %s failed", event.uid)
        return Plan(event, EventState.PLAN_FAILED, (), f"planning raised {type(error).__name__}", rules.digest)
