"""Where replays are asked for: at the process that owns the journal, or here, where none does, or many do."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from router.cli.exit import AT_FAULT, Stop
from router.cli.store import ask, opened

RUNNING = "running"

if TYPE_CHECKING:
    from router.delivery.replay import Planner
    from router.delivery.replays import Replays
    from router.journal.lock import Holder


class Desk(Protocol):
    """Carries replays out; every answer is how one stands, as the API tells it."""

    async def count(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a replay would do."""

    async def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Begin with a replay."""

    async def resume(self, id_: str) -> dict[str, Any]:
        """Go on with one that was interrupted."""

    async def cancel(self, id_: str) -> dict[str, Any]:
        """End one."""

    async def status(self, id_: str) -> dict[str, Any]:
        """Return how one stands."""

    async def follow(self, id_: str) -> dict[str, Any]:
        """Return how one stands that is waited for; ends the command where nobody carries it out."""

    async def all(self) -> list[dict[str, Any]]:
        """Return how all stand, the newest first."""

    def elsewhere(self, id_: str) -> bool:
        """Tell whether it goes on when this command ends."""


@asynccontextmanager
async def desk(asked: argparse.Namespace, holder: Holder | None, *, plans: bool = True) -> AsyncIterator[Desk]:
    """Open the desk; without `plans` nothing of the configuration has to be right."""
    if holder is not None:
        yield _There(holder)
        return
    async with opened(asked, _planner(asked) if plans else _Nothing()) as changes:
        try:
            yield _Here(changes.replays)
        finally:
            await changes.replays.close()


class _There:
    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    async def count(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return await ask(self._holder, "POST", "replay", {**request, "dry_run": True})

    async def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return await ask(self._holder, "POST", "replay", {**request, "dry_run": False})

    async def resume(self, id_: str) -> dict[str, Any]:
        return await self.status(id_)  # it went on by itself when the process started

    async def cancel(self, id_: str) -> dict[str, Any]:
        return await ask(self._holder, "POST", f"replays/{_segment(id_)}/cancel")

    async def status(self, id_: str) -> dict[str, Any]:
        return await ask(self._holder, "GET", f"replays/{_segment(id_)}")

    async def follow(self, id_: str) -> dict[str, Any]:
        return await self.status(id_)

    def elsewhere(self, _: str) -> bool:
        return True

    async def all(self) -> list[dict[str, Any]]:
        return list((await ask(self._holder, "GET", "replays"))["replays"])


class _Here:
    def __init__(self, replays: Replays) -> None:
        self._replays = replays

    async def count(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from router.admin.filters import replay_request

        return await self._replays.count(replay_request(request))

    async def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from router.admin.filters import replay_request

        return await self._replays.start(replay_request(request))

    async def resume(self, id_: str) -> dict[str, Any]:
        try:
            return await self._replays.resume(id_)
        except KeyError:
            raise _unknown(id_) from None

    async def cancel(self, id_: str) -> dict[str, Any]:
        try:
            return await self._replays.cancel(id_)
        except KeyError:
            raise _unknown(id_) from None

    async def status(self, id_: str) -> dict[str, Any]:
        try:
            return await self._replays.status(id_)
        except KeyError:
            raise _unknown(id_) from None

    async def follow(self, id_: str) -> dict[str, Any]:
        attended = await self._replays.attended(id_)  # before it is looked at: meanwhile it may come to its end
        said = await self.status(id_)
        if said["state"] == RUNNING and not attended:
            how = f"it goes on when one is started, or now with --resume {id_}"
            raise Stop(f"no router runs here: {how}", AT_FAULT)
        return said

    def elsewhere(self, id_: str) -> bool:
        return not self._replays.carries(id_)

    async def all(self) -> list[dict[str, Any]]:
        return await self._replays.all()


class _Nothing:
    """The configuration of who plans nothing."""

    actions: Mapping[str, tuple[str, ...]] = {}
    hosts: Mapping[str, str] = {}

    def replan(self, *_: Any) -> Any:
        raise AssertionError("nothing is planned here")


def _unknown(id_: str) -> Stop:
    return Stop(f"there is no replay `{id_}`", AT_FAULT)


def _segment(id_: str) -> str:
    from urllib.parse import quote

    return quote(id_, safe="")


def _planner(asked: argparse.Namespace) -> Planner:
    from router.cli.run import usable
    from router.config.made_up import made_up
    from router.live import Live
    from router.ruleset import load_ruleset

    loaded = load_ruleset(asked.config, os.environ, made_up=made_up if asked.dev else None)
    return Live(usable(loaded))
