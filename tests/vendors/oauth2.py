"""A token endpoint, as RFC 6749 tells (sections 2.3.1, 4.4 and 5), and an API that takes its tokens only."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from aiohttp import web

from tests.vendors.app import AppVendor
from tests.vendors.vendor import Received, Vendor, json_answer

CLIENT, SECRET = "acme:router", "s3cr+t/ü: %GhJkL9"


def token(number: int) -> str:
    """Return the nth token that an endpoint grants."""
    return f"at-{number}.Qz7KxW3mVbNs~TgYh"


class TokenVendor(Vendor):
    """Grants tokens at `token_url` to the client that knows `secret`; `expires_in` is what it says of them."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = SECRET
        self.expires_in: Any = 3600
        self.granted = 0
        self.good: set[str] = set()

    @property
    def token_url(self) -> str:
        """The address of the endpoint."""
        return f"{self.url}/oauth/token"

    def config(self, **more: Any) -> dict[str, Any]:
        """Return the `auth` of a destination."""
        given = {"token_url": self.token_url, "client_id": CLIENT, "client_secret": SECRET}
        return {"oauth2": {**given, **more}}

    def grant(self, **answer: Any) -> None:
        """Answer the next request with a token whose answer differs in this; None leaves a member out."""
        usual = {"access_token": token(self.granted + 1), "token_type": "Bearer", "expires_in": 3600}
        said = {key: value for key, value in {**usual, **answer}.items() if value is not None}
        self.say(200, json.dumps(said), kind="application/json")

    def refuse(self, error: str, status: int = 400, **more: Any) -> None:
        """Answer with an error of RFC 6749 section 5.2."""
        self.say(status, json.dumps({"error": error, **more}), kind="application/json")

    def form(self, request: int = -1) -> dict[str, str]:
        """Return the fields of a request; each stands there once."""
        fields = parse_qs(self.received[request].body.decode(), keep_blank_values=True, strict_parsing=True)
        assert all(len(values) == 1 for values in fields.values())
        return {name: values[0] for name, values in fields.items()}

    async def answer(self, request: web.Request, received: Received) -> web.StreamResponse:
        """Grant a token, if the client is the one."""
        form = self.form()
        if (received.method, received.path) != ("POST", "/oauth/token"):
            return web.Response(status=404)
        if self._client(received, form) != (CLIENT, self.secret):
            return json_answer({"error": "invalid_client"}, 401, {"WWW-Authenticate": "Basic"})
        if form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        self.granted += 1
        self.good.add(token(self.granted))
        said = {"access_token": token(self.granted), "token_type": "Bearer", "expires_in": self.expires_in}
        return json_answer(said, 200, {"Cache-Control": "no-store"})

    def _client(self, received: Received, form: dict[str, str]) -> tuple[str, str]:
        header = received.headers.get("Authorization")
        if header is None:
            return form.get("client_id", ""), form.get("client_secret", "")
        name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)


class GuardedVendor(AppVendor):
    """An app that says 401 to whatever brings no good token."""

    def __init__(self, tokens: TokenVendor) -> None:
        super().__init__()
        self._tokens = tokens

    @property
    def shown(self) -> list[str]:
        """The tokens that calls brought, in order."""
        return [got.headers.get("Authorization", "").removeprefix("Bearer ") for got in self.received]

    async def answer(self, request: web.Request, received: Received) -> web.StreamResponse:
        """Accept, if the token is good."""
        if self.shown[-1] not in self._tokens.good:
            return web.Response(status=401, text=f"the token {self.shown[-1]} is no good")
        return await super().answer(request, received)
