"""The client credentials grant of OAuth 2.0 (RFC 6749 section 4.4): one request, and what its answer means."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote_plus, urlencode

import aiohttp
from pydantic import AfterValidator, Field, field_validator
from yarl import URL as Address

from router.plugin import (
    NAME,
    Model,
    Permanent,
    Redactor,
    Retry,
    SecretStr,
    address,
    check_status,
    one_line,
    read_answer,
    secrets_in,
    unreachable,
)

_OURS = ("grant_type", "client_id", "client_secret", "scope", "audience")


def _token_url(text: str) -> str:
    url = address(text)
    if "#" in text:
        raise ValueError("must hold no fragment")
    if url.scheme != "https" and not _is_loopback(url.host or ""):
        raise ValueError("must start with https://: a secret goes there (http:// is for this machine only)")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _joined(scope: str | list[str] | None) -> str | None:
    if isinstance(scope, list):
        if any(not one or " " in one for one in scope):
            raise ValueError("holds an empty scope, or one with a blank: each is an element of the list")
        scope = " ".join(scope)
    return scope if scope is None else one_line(scope)


class OAuth2(Model):
    """The client credentials grant: a token that the router fetches, keeps, and renews in time."""

    token_url: Annotated[str, AfterValidator(_token_url)] = Field(
        description="Address of the token endpoint; https, or a loopback host."
    )
    client_id: str = Field(min_length=1, description="The client's id.")
    client_secret: SecretStr = Field(min_length=1, description="Its secret.")
    scope: Annotated[str | list[str] | None, AfterValidator(_joined)] = Field(
        None, description="What the token is to be good for: a text with blanks between, or a list."
    )
    audience: str | None = Field(None, description="Whom the token is for, where the endpoint asks for it.")
    params: dict[str, str] = Field(
        default={}, description="More fields of the token request; constants, and no place for secrets."
    )
    client_auth: Annotated[Literal["basic", "body"], NAME] = Field(
        "basic", description="Where id and secret stand: in the Authorization header, or among the fields."
    )

    @field_validator("params")
    @classmethod
    def _no_other_grant(cls, params: dict[str, str]) -> dict[str, str]:
        if taken := [name for name in _OURS if name in params]:
            raise ValueError(f"`{taken[0]}` has its own place: it cannot be one of the `params`")
        return params

    def fields(self) -> dict[str, str]:
        """Return the form of a token request."""
        form = {"grant_type": "client_credentials", **self.params}
        if self.scope:
            form["scope"] = str(self.scope)
        if self.audience is not None:
            form["audience"] = self.audience
        if self.client_auth == "body":
            form |= {"client_id": self.client_id, "client_secret": self.client_secret.get_secret_value()}
        return form

    def authorization(self) -> str | None:
        """Return the header of a token request; both parts are encoded first, as RFC 6749 section 2.3.1 says."""
        if self.client_auth == "body":
            return None
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret.get_secret_value())}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def redactor(self) -> Redactor:
        """Return what takes the secret out of a text, in each form in which it is sent."""
        sent = (self.authorization() or "").removeprefix("Basic ")
        return Redactor({*secrets_in(self), quote_plus(self.client_secret.get_secret_value()), sent})


@dataclass(frozen=True, slots=True)
class Granted:
    """An access token; `life` is the seconds that it is good for, None where nobody said."""

    value: str = field(repr=False)
    life: float | None


class NoToken(Retry):
    """The endpoint did answer, and not with a token: its address, or the client's id or secret may be wrong."""


async def request_token(grant: OAuth2, http: aiohttp.ClientSession, now: datetime) -> Granted:
    """Ask for a token once; redirects are not followed.

    Raises Retry whatever goes wrong, and NoToken, which is one, for a refused client: while a secret is being
    replaced, deliveries must wait for it and not die.
    """
    hide = grant.redactor().text
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    if (shown := grant.authorization()) is not None:
        headers["Authorization"] = shown
    form = urlencode(grant.fields(), errors="replace").encode()
    place = Address(grant.token_url)
    try:
        async with http.post(place, data=form, headers=headers, allow_redirects=False) as answer:
            text = await read_answer(answer)
    except (aiohttp.ClientError, OSError) as error:
        raise Retry(f"the token endpoint: {hide(unreachable(error).reason)}") from None
    said = _mapping(text)
    try:
        check_status(answer.status, answer.headers, hide(text), now=now)
    except Retry as judged:
        reason = f"the token endpoint: {judged.reason}"
        raise Retry(reason, after=judged.after, throttled=judged.throttled) from None
    except Permanent as judged:
        raise NoToken(_refused(answer.status, said, hide) or f"the token endpoint: {judged.reason}") from None
    return _granted(said)


def _refused(status: int, said: Mapping[str, Any] | None, hide: Any) -> str | None:
    """Return the reason for an error that RFC 6749 section 5.2 defines; None for any other answer."""
    if 300 <= status < 400:
        return f"the token endpoint redirects (HTTP {status}), which is not followed; give the final address"
    error = (said or {}).get("error")
    if not isinstance(error, str) or not error.strip():
        return None
    about = (said or {}).get("error_description")
    more = f" ({hide(about)[:200].strip()})" if isinstance(about, str) and about.strip() else ""
    return f"the token endpoint refused the client: {hide(error)[:100].strip()}{more}"


def _granted(said: Mapping[str, Any] | None) -> Granted:
    if said is None:
        raise NoToken("the token endpoint's answer is no JSON object")
    token, kind = said.get("access_token"), said.get("token_type")
    if not isinstance(token, str) or not token:
        raise NoToken("the token endpoint's answer holds no `access_token`")
    if not re.fullmatch(r"[\x21-\x7e]+", token):  # RFC 6749 A.12, and all that a header takes
        raise NoToken("the token endpoint's `access_token` holds blanks, line breaks or other odd characters")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise NoToken("the token endpoint's `token_type` is not `Bearer`, and no other kind is known")
    return Granted(token, _life(said.get("expires_in")))


def _life(seconds: Any) -> float | None:
    """Return the seconds of `expires_in`, which some send as a text; None where it says nothing usable."""
    try:
        life = float(seconds)
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, life) if life < float("inf") else None  # never true for a NaN


def _mapping(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
