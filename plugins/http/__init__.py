"""The `http` action: calls any HTTP API, or hands the event itself on to an app."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL as Address

from router.plugin import (
    Action,
    Delivery,
    Fault,
    Permanent,
    Probed,
    Redactor,
    Starter,
    Subject,
    Usage,
    Use,
    check_status,
    read_answer,
    secrets_in,
    unreachable,
)

from .check import faults
from .config import HttpConfig
from .content import content
from .oauth2 import request_token
from .params import HttpParams
from .place import place
from .probe import probed
from .tokens import Token, Tokens


class Http(Action[HttpConfig, HttpParams]):
    """Calls an HTTP API, or forwards the event to an app that verifies it by itself."""

    name = "http"
    Config = HttpConfig
    Params = HttpParams

    _tokens: Tokens | None = None

    async def open(self) -> None:
        """Note what no reason may hold; a token is fetched when the first call needs it."""
        auth = self.config.auth
        shown = auth.constant() if auth is not None else None
        self._redactor = Redactor({*secrets_in(self.config), *(shown[1].split() if shown else ())})
        if auth is not None and auth.oauth2 is not None:
            fetch = partial(request_token, auth.oauth2, self.http)
            self._tokens = Tokens(fetch, asyncio.get_running_loop().time)

    async def close(self) -> None:
        """End a token request that is under way."""
        if self._tokens is not None:
            await self._tokens.close()

    async def probe(self, uses: Sequence[Use]) -> Probed | None:
        """Connect to the hosts of `base_url` and of constant addresses, and fetch a token; nothing is called."""
        return await probed(self.config, uses, self.http)

    @classmethod
    def check(cls, config: HttpConfig | None, params: Mapping[str, Any], usage: Usage) -> Iterable[Fault]:
        """Yield what contradicts itself, leads nowhere or everywhere, or cannot be signed."""
        return faults(config, params, usage)

    @classmethod
    def starter(cls, about: Subject) -> Starter:
        """Return a call of an app of one's own, with the values that a table would have, too."""
        values = {name: column.value for name, column in about.table.columns.items()}
        told = values if about.event in about.table.save else {"text": about.text}
        return Starter(
            settings={"type": "http", "base_url": "${APP_URL}"},
            actions=[{"http": {"path": f"/events/{about.name}", "json": {"event": "{{ event.id }}", **told}}}],
            destination="app",
            variables={"APP_URL": "The address of your own app, such as http://localhost:3000."},
        )

    async def execute(self, params: HttpParams, delivery: Delivery) -> Mapping[str, Any]:
        """Call once, or once more where a fetched token is refused. Facts: `status`."""
        url = place(self.config, params)
        body, headers = content(self.config, params, delivery)
        tokens = None if _shows_itself(params) else self._tokens
        token = await tokens.current(delivery.now) if tokens is not None else None
        answer, said = await self._send(params.method, url, body, headers, token)
        if answer.status == 401 and tokens is not None and token is not None and not params.is_success(401):
            token = await tokens.instead_of(token, delivery.now)
            answer, said = await self._send(params.method, url, body, headers, token)
        if 300 <= answer.status < 400 and not params.is_success(answer.status):
            raise Permanent(f"HTTP {answer.status}: redirects are not followed; give the final address")
        check_status(answer.status, answer.headers, said, success=params.is_success, now=delivery.now)
        return {"status": answer.status}

    async def _send(
        self, method: str, url: Address, body: bytes | None, headers: CIMultiDict[str], token: Token | None
    ) -> tuple[aiohttp.ClientResponse, str]:
        """Return the answer and its text, without secrets; redirects are not followed."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token.value}"
        try:
            call = self.http.request(method, url, data=body, headers=headers, allow_redirects=False)
            async with call as answer:
                said = await read_answer(answer)
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(error) from None
        return answer, self._redactor.text(said if token is None else Redactor({token.value}).text(said))


def _shows_itself(params: HttpParams) -> bool:
    """Tell whether the route has an Authorization of its own, which is not ours to renew."""
    return any(name.lower() == "authorization" for name in params.headers or {})
