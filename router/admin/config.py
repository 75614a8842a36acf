"""The configuration in force on the admin listener: which it is, and reading it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from router.config.report import as_json
from router.reload import Reload, Reloader, Result

STATUS = {Result.LOADED: 200, Result.REFUSED: 422, Result.FAILED: 503, Result.ENDING: 409}
_ERRORS = {
    Result.REFUSED: "the new configuration has errors; the old one stays in force",
    Result.ENDING: "the router ends: nothing is put in force any more",
}


class Configuration:
    """Answers for the configuration; `reloader` gives None as long as the router starts."""

    def __init__(self, reloader: Callable[[], Reloader | None], clean: Callable[[str], str]) -> None:
        self._reloader = reloader
        self._clean = clean

    def add_to(self, app: web.Application) -> None:
        """Serve both paths."""
        app.router.add_get("/api/v1/config", self._show)
        app.router.add_post("/api/v1/reload", self._reload)

    async def _show(self, _: web.Request) -> web.Response:
        if (reloader := self._reloader()) is None:
            return _starting()
        return web.json_response(self._told(reloader))

    async def _reload(self, _: web.Request) -> web.Response:
        if (reloader := self._reloader()) is None:
            return _starting()
        ended = await reloader.reload()
        if ended.result is Result.LOADED:
            return web.json_response(self._told(reloader))
        error = _ERRORS.get(ended.result) or f"{ended.reason}; the old configuration stays in force"
        said = {"error": self._clean(error), "digest": ended.digest, "problems": self._problems(ended)}
        return web.json_response(said, status=STATUS[ended.result])

    def _told(self, reloader: Reloader) -> dict[str, Any]:
        last = reloader.last
        return {
            "digest": reloader.digest,
            "since": reloader.since.isoformat(),
            "needs_restart": reloader.needs_restart,
            "last_reload": None
            if last is None
            else {
                "at": last.at.isoformat(),
                "result": last.result.value,
                "reason": self._clean(last.reason) or None,
                "problems": self._problems(last),
            },
        }

    def _problems(self, ended: Reload) -> list[dict[str, Any]]:
        found = as_json(ended.problems)
        return [{k: self._clean(v) if isinstance(v, str) else v for k, v in one.items()} for one in found]


def _starting() -> web.Response:
    return web.json_response({"error": "the router is just starting: try again"}, status=503)
