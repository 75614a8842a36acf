"""Sees whether the hosts that calls go to can be reached, and whether a token is granted; calls nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from yarl import URL as Address

from router.plugin import Finding, Probed, Retry, Use, knock

from .config import HttpConfig
from .oauth2 import NoToken, OAuth2, request_token
from .place import constant_host

_MOST = 50  # hosts of addresses in routes: more would be a file that somebody has generated


@dataclass(frozen=True, slots=True)
class _Door:
    """A host to reach, and where it stands: in the destination's settings, or in the parameters of `use`."""

    address: str
    path: tuple[str | int, ...]
    use: Use | None = None


async def probed(config: HttpConfig, uses: Sequence[Use], http: aiohttp.ClientSession) -> Probed | None:
    """Reach every host whose address no event decides; None where there is no such host and no token to fetch."""
    doors = list(_doors(config, uses).values())[:_MOST]
    grant = config.auth.oauth2 if config.auth is not None else None
    if not doors and grant is None:
        return None
    told = await asyncio.gather(*(_reached(door) for door in doors), *([_granted(grant, http)] if grant else []))
    findings = [found for found in told if isinstance(found, Finding)]
    said = [found for found in told if isinstance(found, str)]
    return Probed("; ".join(said), findings)


def _doors(config: HttpConfig, uses: Sequence[Use]) -> dict[object, _Door]:
    """Return the hosts by their origins, each where it stands first."""
    found: dict[object, _Door] = {}
    if config.base_url is not None:
        found[Address(config.base_url).origin()] = _Door(config.base_url, ("base_url",))
    for use in uses:
        url = use.params.get("url")
        if isinstance(url, str) and (start := constant_host(url)) is not None:
            try:
                found.setdefault(Address(start).origin(), _Door(start, ("url",), use))
            except ValueError:
                continue  # `check` has told that it is no address
    return found


async def _reached(door: _Door) -> str | Finding:
    try:
        return f"{await knock(door.address)} answers, and was sent nothing"
    except Retry as error:
        return Finding(error.reason, door.path, door.use, _hint(door.address), unreachable=True)


def _hint(address: str) -> str | None:
    local = Address(address).host in ("localhost", "127.0.0.1", "::1")
    return "in a container `localhost` is the container itself: name the other one" if local else None


async def _granted(grant: OAuth2, http: aiohttp.ClientSession) -> str | Finding:
    place = ("auth", "oauth2", "token_url")
    try:
        granted = await request_token(grant, http, datetime.now(UTC))
    except NoToken as error:
        hint = "look at `token_url`, `client_id`, `client_secret` and `scope`"
        return Finding(error.reason, place, hint=hint)
    except Retry as error:
        return Finding(error.reason, place, unreachable=True)
    life = "" if granted.life is None else f" for {granted.life:g} s"
    return f"the token endpoint granted a token{life}"
