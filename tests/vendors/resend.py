"""Resend, as resend.com/docs tells: POST /emails, with idempotency keys, and GET /domains."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.vendors.vendor import Received, Vendor, json_answer

API_KEY = "re_Vb7tQm2x_4HfKpZsWnYc9RdLgJ8eTuA"


class ResendVendor(Vendor):
    """Takes mails with one of `keys`; `sent` holds those that went out, by their idempotency key.

    `domains` are those of the account with their states, `page` how many of them an answer holds; with
    `sends_only` the keys may do nothing but send.
    """

    def __init__(self, *keys: str) -> None:
        super().__init__()
        self.keys = set(keys or (API_KEY,))
        self.sent: dict[str, dict[str, Any]] = {}
        self.domains = {"acme.dev": "verified"}
        self.page = 100
        self.sends_only = False

    def refuse(self, status: int, name: str, message: str = "no", headers: dict[str, str] | None = None) -> None:
        """Answer with an error of Resend's table."""
        text = json.dumps({"statusCode": status, "name": name, "message": message})
        self.say(status, text, headers, kind="application/json")

    def throttle(self, retry_after: str | None = "7", times: int = 1) -> None:
        """Answer 429 `rate_limit_exceeded`."""
        headers = {} if retry_after is None else {"retry-after": retry_after}
        for _ in range(times):
            self.refuse(429, "rate_limit_exceeded", "Too many requests.", headers)

    def echoed(self, status: int, said: str) -> web.Response:
        """Echo in the message of a validation error."""
        return json_answer({"statusCode": status, "name": "validation_error", "message": said}, status)

    async def answer(self, request: web.Request, received: Received) -> web.StreamResponse:
        """Send the mail, once for each idempotency key."""
        if received.headers.get("Authorization", "").removeprefix("Bearer ") not in self.keys:
            return _error(403, "invalid_api_key", "API key is invalid")
        if (received.method, received.path) == ("GET", "/domains"):
            return self._domains(received)
        if (received.method, received.path) != ("POST", "/emails"):
            return _error(404, "not_found", "The requested endpoint does not exist")
        mail = json.loads(received.body)
        missing = [field for field in ("from", "to", "subject") if not mail.get(field)]
        if missing or not (mail.get("html") or mail.get("text")):
            return _error(422, "missing_required_field", f"Missing `{(missing or ['html'])[0]}` field.")
        key = received.headers.get("Idempotency-Key", f"none-{len(self.sent)}")
        if not 1 <= len(key) <= 256:
            return _error(400, "invalid_idempotency_key", "The key must be between 1-256 chars.")
        if self.sent.setdefault(key, mail) != mail:
            return _error(409, "invalid_idempotent_request", "Same idempotency key used with a different body.")
        return json_answer({"id": f"mail-{list(self.sent).index(key)}"})

    def _domains(self, received: Received) -> web.Response:
        if self.sends_only:
            return _error(401, "restricted_api_key", "This API key is restricted to only send emails")
        every = [
            {"id": f"dom-{n}", "name": name, "status": state}
            for n, (name, state) in enumerate(self.domains.items())
        ]
        after = received.query.get("after")
        start = next((n + 1 for n, one in enumerate(every) if one["id"] == after), 0)
        page = every[start : start + self.page]
        return json_answer({"object": "list", "has_more": start + self.page < len(every), "data": page})


def _error(status: int, name: str, message: str) -> web.Response:
    return json_answer({"statusCode": status, "name": name, "message": message}, status)
