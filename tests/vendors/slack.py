"""Slack, as docs.slack.dev tells: an incoming webhook, and of the Web API what posts and what asks."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.vendors.vendor import Received, Vendor, json_answer

WEBHOOK_PATH = "/services/T024BE7LD/B07QX3MZK/hk3JpVnW8sYd2Qe6RtUa1bXc"
ASKS = ("/api/auth.test", "/api/conversations.info", "/api/conversations.list")
TOKEN = "xoxb-174829301-kQ7wZr2LmPx9TbVcYd4N"


class SlackVendor(Vendor):
    """Takes messages at `webhook_url`, or with `TOKEN` at `api_url`; `messages` holds what was posted.

    `scopes` are those of the token (None: not told), `channels` what conversations.list and .info know,
    `page` how many of them an answer holds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scopes: str | None = "chat:write,channels:read"
        self.channels: list[dict[str, Any]] = []
        self.page = 1000
        self.messages: list[dict[str, Any]] = []

    @property
    def webhook_url(self) -> str:
        """The address of the incoming webhook."""
        return self.url + WEBHOOK_PATH

    @property
    def api_url(self) -> str:
        """The base of the Web API."""
        return self.url + "/api/"

    def refuse(self, error: str, status: int = 200, **more: Any) -> None:
        """Answer `ok: false` with an error word."""
        self.say(status, json.dumps({"ok": False, "error": error, **more}), kind="application/json")

    def echoed(self, status: int, said: str) -> web.Response:
        """Echo inside the error word of the Web API; a webhook's error is text."""
        if self.received[-1].path == WEBHOOK_PATH:
            return web.Response(status=status, text=said)
        return json_answer({"ok": False, "error": said, "response_metadata": {"messages": [said]}}, status)

    async def answer(self, request: web.Request, received: Received) -> web.StreamResponse:
        """Post the message, if the caller may."""
        if received.path == WEBHOOK_PATH:
            return self._webhook(received)
        if received.path not in ("/api/chat.postMessage", *ASKS):
            return json_answer({"ok": False, "error": "unknown_method"})
        if received.headers.get("Authorization") != f"Bearer {TOKEN}":
            return json_answer({"ok": False, "error": "invalid_auth"})
        if received.path in ASKS:
            headers = {} if self.scopes is None else {"X-OAuth-Scopes": self.scopes}
            return json_answer(self._asked(received), 200, headers)
        message = json.loads(received.body)
        if not message.get("channel"):
            return json_answer({"ok": False, "error": "channel_not_found"})
        if not (message.get("text") or message.get("blocks") or message.get("attachments")):
            return json_answer({"ok": False, "error": "no_text"})
        self.messages.append(message)
        ts = f"1763900000.{len(self.messages):06}"
        return json_answer({"ok": True, "channel": "C0LAN2Q65", "ts": ts, "message": message})

    def _asked(self, received: Received) -> dict[str, Any]:
        asked = received.query
        if received.path == "/api/auth.test":
            return {"ok": True, "url": "https://acme.slack.com/", "team": "Acme", "user": "router", "bot_id": "B1"}
        if not {"channels:read", "groups:read"} & set((self.scopes or "").split(",")):
            return {"ok": False, "error": "missing_scope", "needed": "channels:read"}
        if received.path == "/api/conversations.info":
            found = [one for one in self.channels if one["id"] == asked["channel"]]
            return {"ok": True, "channel": found[0]} if found else {"ok": False, "error": "channel_not_found"}
        start = int(asked.get("cursor") or 0)
        end = start + self.page
        more = str(end) if end < len(self.channels) else ""
        page = self.channels[start:end]
        return {"ok": True, "channels": page, "response_metadata": {"next_cursor": more}}

    def _webhook(self, received: Received) -> web.Response:
        try:
            message = json.loads(received.body)
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        if not (message.get("text") or message.get("blocks") or message.get("attachments")):
            return web.Response(status=400, text="no_text")
        self.messages.append(message)
        return web.Response(text="ok")
