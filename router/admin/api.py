"""The second listener: health, metrics, and the API that changes state."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from router.admin import metrics as prometheus
from router.admin.changes import Changes
from router.admin.config import Configuration
from router.admin.filters import delivery_filter, replay_request
from router.admin.health import Health
from router.admin.metrics import Metrics
from router.config.settings import is_loopback
from router.errors import JournalError, JournalUnwritable
from router.journal.journal import Journal, Stats

_MAX_BODY = 64 * 1024
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^:\[\]]+))(?::\d+)?")
_HEALTH = frozenset({"/healthz", "/readyz"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AdminApi:
    """Serves the admin listener. `tokens` open what changes state; `public` says that metrics need none."""

    def __init__(
        self,
        *,
        health: Health,
        metrics: Metrics,
        journal: Journal,
        changes: Changes,
        worker: Callable[[], Awaitable[Mapping[str, float]]],
        tokens: tuple[str, ...],
        public: bool,
        clock: Callable[[], datetime],
        configuration: Configuration,
    ) -> None:
        self._metrics = metrics
        self._journal = journal
        self._changes = changes
        self._worker = worker
        self._tokens = [token.encode() for token in tokens if token]
        self._public = public
        self._clock = clock
        self.app = web.Application(middlewares=[self._guard], client_max_size=_MAX_BODY)
        health.add_to(self.app)
        self.app.router.add_get("/metrics", self._serve_metrics)
        self.app.router.add_post("/api/v1/retry", self._retry)
        self.app.router.add_post("/api/v1/discard", self._discard)
        self.app.router.add_post("/api/v1/replay", self._replay)
        self.app.router.add_get("/api/v1/replays", self._replays)
        self.app.router.add_get("/api/v1/replays/{id}", self._replay_status)
        self.app.router.add_post("/api/v1/replays/{id}/cancel", self._cancel_replay)
        self.app.router.add_get("/api/v1/lanes", self._lanes)
        self.app.router.add_post("/api/v1/lanes/{verb:pause|resume}", self._change_lane)
        configuration.add_to(self.app)
        self.app.cleanup_ctx.append(changes.running)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        open_paths = _HEALTH | ({"/metrics"} if self._public else set())
        if self._public and request.path not in _HEALTH and not _is_local(request.host):
            return _answer(403, error="without `admin.token` this listener answers to localhost only")
        if request.path not in open_paths and not self._allowed(request):
            return _answer(401, error="a token is needed: Authorization: Bearer ...")
        try:
            return await handler(request)
        except web.HTTPException as refusal:
            allow = {"Allow": refusal.headers["Allow"]} if "Allow" in refusal.headers else None
            return _answer(refusal.status, allow, error=refusal.reason)
        except ValueError as error:
            return _answer(400, error=str(error))
        except JournalUnwritable as error:
            return _answer(503, error=str(error))
        except JournalError as error:
            return _answer(422, error=str(error))

    def _allowed(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        sent = given.strip().encode("utf-8", "surrogateescape")
        matches = [hmac.compare_digest(sent, token) for token in self._tokens]
        return scheme.lower() == "bearer" and any(matches)

    async def _serve_metrics(self, _: web.Request) -> web.Response:
        stats: Stats | None = None
        worker: Mapping[str, float] = {}
        try:
            stats = await self._journal.stats()
            worker = await self._worker()
        except JournalError:
            pass  # what is known is still worth showing
        waited = 0.0
        if stats is not None and stats.oldest_due is not None:
            waited = max(0.0, (self._clock() - stats.oldest_due).total_seconds())
        text = self._metrics.exposition(stats, waited, worker)
        return web.Response(body=text, headers={"Content-Type": prometheus.CONTENT_TYPE})

    async def _retry(self, request: web.Request) -> web.Response:
        asked = await _read(request, {"all", "dry_run"})
        wanted = delivery_filter(asked["filter"])
        return _answer(200, **await self._changes.retry(wanted, dry_run=asked["dry_run"]))

    async def _discard(self, request: web.Request) -> web.Response:
        asked = await _read(request, {"all", "dry_run"}, texts={"note"})
        wanted = delivery_filter(asked["filter"])
        return _answer(200, **await self._changes.discard(wanted, asked["note"], dry_run=asked["dry_run"]))

    async def _replay(self, request: web.Request) -> web.Response:
        asked = await _read(request, {"all", "dry_run", "again"}, names={"route", "action"})
        result = await self._changes.replay(replay_request(asked), dry_run=asked["dry_run"])
        return _answer(200 if asked["dry_run"] else 202, **result)

    async def _replays(self, _: web.Request) -> web.Response:
        return _answer(200, replays=await self._changes.replays.all())

    async def _replay_status(self, request: web.Request) -> web.Response:
        return await _of_replay(request, self._changes.replays.status)

    async def _cancel_replay(self, request: web.Request) -> web.Response:
        return await _of_replay(request, self._changes.replays.cancel)

    async def _lanes(self, _: web.Request) -> web.Response:
        return _answer(200, lanes=await self._changes.lanes.all())

    async def _change_lane(self, request: web.Request) -> web.Response:
        try:
            asked = json.loads(await request.read())
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            raise ValueError('the body must be a JSON object: {"destination": "slack"}')
        lanes = self._changes.lanes
        return _answer(
            200, **await (lanes.pause if request.match_info["verb"] == "pause" else lanes.resume)(asked)
        )


async def _of_replay(request: web.Request, ask: Callable[[str], Awaitable[Mapping[str, Any]]]) -> web.Response:
    id_ = request.match_info["id"]
    try:
        return _answer(200, **await ask(id_))
    except KeyError:
        return _answer(404, error=f"there is no replay `{id_}`")


async def _read(
    request: web.Request, flags: set[str], texts: Collection[str] = (), names: Collection[str] = ()
) -> dict[str, Any]:
    """Read a request: its `filter`, its flags, its texts, and `names`, which the filter's reader looks at."""
    known = {"filter", *flags, *texts, *names}
    try:
        asked = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise ValueError('the body must be JSON: {"filter": {...}}') from None
    if not isinstance(asked, dict) or not isinstance(asked.get("filter", {}), dict):
        raise ValueError('the body must be a JSON object: {"filter": {...}}')
    if unknown := sorted(set(asked) - known):
        raise ValueError(f"unknown key `{unknown[0]}`; known: {', '.join(sorted(known))}")
    for name in texts:
        if not isinstance(asked.setdefault(name, ""), str):
            raise ValueError(f"`{name}` must be a text")
    for flag in flags:
        if not isinstance(asked.setdefault(flag, False), bool):
            raise ValueError(f"`{flag}` must be true or false")
    asked.setdefault("filter", {})
    if not asked["all"] and all(value is None for value in asked["filter"].values()):
        raise ValueError('name a filter, or say "all": true')
    return asked


def _is_local(host: str) -> bool:
    """Tell whether a request's Host names this machine: a web page can point a name of its own to 127.0.0.1."""
    name = _HOST.fullmatch(host.lower())
    return name is not None and is_loopback(name[1] or name[2])


def _answer(status: int, headers: Mapping[str, str] | None = None, /, **fields: Any) -> web.Response:
    return web.json_response(fields, status=status, headers=headers)
