"""Sees whether Slack would take messages, and posts none.

Facts: docs.slack.dev/reference/methods/auth.test, /conversations.info, /conversations.list, /reference/scopes.
The scopes of a token stand in the header `x-oauth-scopes` of every answer.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from router.plugin import Finding, Permanent, Probed, Retry, Use, knock

Ask = Callable[..., Awaitable[Any]]

#: Any of these lets a token post; all but the first are of apps of older kinds.
_MAY_POST = frozenset({"chat:write", "chat:write:bot", "chat:write:user", "bot", "post"})
_LOOKS = {
    "username": "chat:write.customize",
    "icon_emoji": "chat:write.customize",
    "icon_url": "chat:write.customize",
}
_ID = re.compile(r"[CG][A-Z0-9]{7,}")
_DIRECT = re.compile(r"[UWD][A-Z0-9]{7,}")
_IDS = 20  # channels that are looked up by their ids, each by a call of its own
_PAGES = 10  # of 1,000 channels each: a call of its own, and Slack allows some 20 in a minute
_TOKEN_HINT = "copy the `Bot User OAuth Token` of the app: api.slack.com/apps, OAuth & Permissions"  # noqa: S105


async def probed_webhook(url: str) -> Probed:
    """Reach the host of an incoming webhook: whether the webhook itself is good only a message could tell."""
    return Probed(f"{await knock(url)} answers; whether the webhook exists only a message could tell")


async def probed_app(ask: Ask, uses: Sequence[Use]) -> Probed:
    """See whose token it is, what it may do, and whether the channels that the file names can be posted to."""
    try:
        answer = await ask("auth.test")
    except Permanent as refused:
        return Probed("the token was refused", [Finding(refused.reason, ("token",), hint=_TOKEN_HINT)])
    scopes = _scopes(answer.headers)
    said = f"bot `{answer.get('user') or '?'}` of the team `{answer.get('team') or '?'}`"
    findings = list(_lacking(scopes, uses)) if scopes is not None else []
    channels = _constants(uses)
    if channels:
        known = scopes or frozenset()
        try:
            unseen = [finding async for finding in _channels(ask, known, channels)]
        except (Retry, Permanent) as error:
            said += f"; its channels were not looked up: {error.reason}"
        else:
            findings += unseen
            if not known & {"channels:read", "groups:read"}:
                said += "; channels were not looked up, which takes the scope `channels:read`"
    return Probed(said, findings)


def _scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    """Return what the token may do; None where Slack did not say."""
    found = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
    return None if found is None else frozenset(scope.strip() for scope in found.split(",") if scope.strip())


def _lacking(scopes: frozenset[str], uses: Sequence[Use]) -> Iterator[Finding]:
    if not scopes & _MAY_POST:
        hint = "add it under OAuth & Permissions of the app, and install the app again"
        yield Finding("the token has not the scope `chat:write`, so it cannot post", ("token",), hint=hint)
    for use in uses:
        for name, scope in _LOOKS.items():
            if name in use.params and scope not in scopes:
                message = f"the token has not the scope `{scope}`, which `{name}` needs"
                yield Finding(
                    message, (name,), use, "add it to the app, and install the app again", True, key=True
                )


def _constants(uses: Sequence[Use]) -> dict[str, list[Use]]:
    """Return the channels that no event decides, each with the actions that name it."""
    found: dict[str, list[Use]] = {}
    for use in uses:
        channel = use.params.get("channel")
        if isinstance(channel, str) and channel and "{" not in channel and not _DIRECT.fullmatch(channel):
            found.setdefault(channel, []).append(use)
    return found


async def _channels(ask: Ask, scopes: frozenset[str], wanted: Mapping[str, list[Use]]) -> Any:
    """Yield a finding for each action whose channel is not there, is archived, or has not the bot in it."""
    if not scopes & {"channels:read", "groups:read"}:
        return
    named = {name: name.removeprefix("#").lower() for name in wanted if not _ID.fullmatch(name)}
    listed, complete = await _listed(ask, scopes, set(named.values())) if named else ({}, True)
    looked_up = 0
    for name, uses in wanted.items():
        if name in named:
            channel = listed.get(named[name])
            if channel is None and not complete:
                continue
        elif looked_up < _IDS:
            looked_up += 1
            channel = await _info(ask, name)
        else:
            continue
        for told in _of_channel(name, channel, scopes, listed):
            for use in uses:
                yield Finding(told[0], ("channel",), use, told[1], warning=True)


def _of_channel(
    name: str, channel: Any, scopes: frozenset[str], listed: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    if not isinstance(channel, Mapping):
        near = get_close_matches(name.removeprefix("#").lower(), listed, n=1)
        hint = f"did you mean `#{near[0]}`?" if near else "make it, or invite the bot where it is private"
        yield f"the bot sees no channel `{name}`", hint
    elif channel.get("is_archived"):
        yield f"the channel `{name}` is archived: nothing can be posted there", "take it out of the archive"
    elif not channel.get("is_member") and (channel.get("is_private") or "chat:write.public" not in scopes):
        yield f"the bot is not in the channel `{name}`", "say `/invite @...` with its name in the channel"


async def _info(ask: Ask, channel: str) -> Any:
    try:
        return (await ask("conversations.info", channel=channel)).get("channel")
    except Permanent as refused:
        if "channel_not_found" in refused.reason:
            return None
        raise


async def _listed(ask: Ask, scopes: frozenset[str], names: set[str]) -> tuple[dict[str, Any], bool]:
    """Return the channels by their names until all of these are found, and whether that are all there are."""
    kinds = {"channels:read": "public_channel", "groups:read": "private_channel"}
    types = ",".join(kind for scope, kind in kinds.items() if scope in scopes)
    found: dict[str, Any] = {}
    cursor = ""
    for _ in range(_PAGES):
        answer = await ask("conversations.list", types=types, limit=1000, cursor=cursor)
        for channel in answer.get("channels") or ():
            if isinstance(channel, Mapping) and isinstance(channel.get("name"), str):
                found[channel["name"].lower()] = channel
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor or names <= found.keys():
            return found, True
    return found, False
