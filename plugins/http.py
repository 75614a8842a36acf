"""Calls any HTTP API, or hands the event itself on to an app.

`sign` is the scheme of Standard Webhooks: github.com/standard-webhooks/standard-webhooks, spec.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import aiohttp
from multidict import CIMultiDict
from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError
from yarl import URL as Address

from router.plugin import (
    NAME,
    Action,
    BaseUrl,
    Delivery,
    Fault,
    Header,
    HeaderName,
    Json,
    Model,
    Path,
    Permanent,
    Redactor,
    SecretStr,
    Text,
    Url,
    Usage,
    address,
    check_status,
    one_line,
    read_answer,
    secrets_in,
    signing_key,
    standard_signature,
    unreachable,
)

TOLERANCE = 300.0
"""Seconds for which receivers mostly take a signature: the advice of Standard Webhooks, and svix's own."""

_OF_THE_HOP = {"host", "content-length", "transfer-encoding", "connection", "content-encoding"}
_CONSTANT_HOST = re.compile(r"https?://([^/?#{}@\s]+)(?:[/?#]|$)", re.IGNORECASE)


def _secret_line(secret: SecretStr) -> SecretStr:
    one_line(secret.get_secret_value())
    return secret


def _signing_secret(secret: SecretStr) -> SecretStr:
    signing_key(secret.get_secret_value())
    return secret


def _status(status: int | str) -> int | str:
    if not re.fullmatch(r"[1-5](xx|\d\d)", str(status)):
        raise ValueError(f"`{status}` is no status: write 404 or 2xx")
    return status


_SigningSecret = Annotated[SecretStr, AfterValidator(_signing_secret)]
_SecretLine = Annotated[SecretStr, AfterValidator(_secret_line)]
_Method = Annotated[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], NAME]
_Status = Annotated[int | str, NAME, AfterValidator(_status)]
_Forward = Annotated[Literal["resign", "original"], NAME]


class Basic(Model):
    """A user name and a password."""

    username: str = Field(description="The user.")
    password: SecretStr = Field(description="The password.")


class SecretHeader(Model):
    """A header that holds a secret."""

    name: HeaderName = Field(description="Name of the header, as X-Api-Key.")
    value: _SecretLine = Field(description="Its value.")


class Auth(Model):
    """How the router shows who it is, in one of these ways."""

    bearer: _SecretLine | None = Field(None, description="A token, sent as `Authorization: Bearer ...`.")
    basic: Basic | None = Field(None, description="User and password.")
    header: SecretHeader | None = Field(None, description="A header of any name.")
    oauth2: Any = Field(None, description="Not supported yet.")

    @field_validator("oauth2")
    @classmethod
    def _not_yet(cls, value: Any) -> Any:
        raise PydanticCustomError("not_yet", "is not supported yet")

    @model_validator(mode="after")
    def _one(self) -> Auth:
        if sum(way is not None for way in (self.bearer, self.basic, self.header)) != 1:
            raise ValueError("give one of `bearer`, `basic` and `header`")
        return self

    def sent(self) -> tuple[str, str]:
        """Return the name and the value of the header."""
        if self.bearer is not None:
            return "Authorization", f"Bearer {self.bearer.get_secret_value()}"
        if self.basic is not None:
            pair = f"{self.basic.username}:{self.basic.password.get_secret_value()}"
            return "Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"
        return (self.header.name, self.header.value.get_secret_value()) if self.header else ("", "")


class HttpConfig(Model):
    """An app or an API; every setting is optional."""

    base_url: BaseUrl | None = Field(None, description="Address that a `path` is put behind.")
    auth: Auth | None = Field(None, description="`bearer: ...`, `basic: {...}` or `header: {...}`.")
    headers: dict[HeaderName, _SecretLine] = Field(default={}, description="Headers of every call.")
    secret: _SigningSecret | None = Field(
        None, description="Secret for `sign`: `whsec_` and 24 to 64 bytes in base64."
    )
    allow_hosts: list[str] = Field(
        default=[], description="More hosts for a `url`: `api.acme.dev`, `10.0.0.7:81`."
    )

    def allows(self, url: Address) -> bool:
        """Tell whether a call may go there: to the destination's own address, or a host in `allow_hosts`.

        Where there is neither, the host is a constant of the route: `check` lets nothing else pass.
        """
        if self.base_url is None and not self.allow_hosts:
            return True
        base = Address(self.base_url) if self.base_url else None
        if base is not None and url.origin() == base.origin():
            return True
        if base is not None and base.scheme == "https" and url.scheme != "https":
            return False  # what is sent to this destination is not for everybody on the way
        names = {str(url.host).lower(), f"{url.host}:{url.port}".lower()}
        return not names.isdisjoint(host.lower() for host in self.allow_hosts)


class HttpParams(Model):
    """One call."""

    method: _Method = Field("POST", description="The method, a constant.")
    path: Path | None = Field(None, description="Path behind the destination's `base_url`.")
    url: Url | None = Field(None, description="A whole address, instead of `path`.")
    query: dict[str, Text] | None = Field(None, description="Fields of the query.")
    headers: dict[HeaderName, Header] | None = Field(None, description="Headers; their names are constants.")
    json_: Json = Field(None, alias="json", description="The body as JSON.")
    form: dict[str, Text] | None = Field(None, description="The body as a form.")
    body: Text | None = Field(None, description="The body as text.")
    forward: _Forward | None = Field(None, description="The event's body: signed anew, or with its own headers.")
    sign: bool = Field(False, description="Sign as Standard Webhooks say, with the destination's `secret`.")
    success: list[_Status] = Field(default=["2xx"], description="Statuses that are fine, as `[2xx, 404]`.")

    def is_success(self, status: int) -> bool:
        """Tell whether the status is one of `success`."""
        return any(str(wanted) in (str(status), f"{status // 100}xx") for wanted in self.success)


class Http(Action[HttpConfig, HttpParams]):
    """Calls an HTTP API, or forwards the event to an app that verifies it by itself."""

    name = "http"
    Config = HttpConfig
    Params = HttpParams

    async def open(self) -> None:
        """Note what no reason may hold."""
        sent = self.config.auth.sent()[1].split() if self.config.auth is not None else []
        self._redactor = Redactor({*secrets_in(self.config), *sent})

    @classmethod
    def check(cls, config: HttpConfig | None, params: Mapping[str, Any], usage: Usage) -> Iterable[Fault]:
        """Yield what contradicts itself, leads nowhere or everywhere, or cannot be signed."""
        given = [key for key in ("json", "form", "body", "forward") if key in params]
        forward, method = params.get("forward"), params.get("method", "POST")
        if len(given) > 1:
            yield Fault((given[1],), f"one body is enough: `{given[0]}` and `{given[1]}` are given")
        if given and method in ("GET", "HEAD"):
            yield Fault((given[0],), f"a {method} has no body: leave `{given[0]}` out, or use another `method`")
        if params.get("sign") is True and forward is not None:
            yield Fault(("sign",), "`forward` brings its own signature: leave `sign` out, or send `json` instead")
        elif params.get("sign") is True and config is not None and config.secret is None:
            yield Fault(("sign",), "`sign` needs `secret` in the destination")
        yield from _check_place(config, params)
        if forward == "resign":
            for source in usage.sources:
                if not source.signable:
                    why = f"the source `{source.name}` holds no secret that can sign anew"
                    yield Fault(("forward",), f"{why}: use `forward: original`")
        if forward == "original" and (usage.delay or usage.rate or usage.retry_span > TOLERANCE):
            other = "no `delay`" if usage.delay else "no `rate`" if usage.rate else "a shorter `retry`"
            why = "receivers refuse an old signature, mostly after 5 minutes, and this may be sent later than that"
            yield Fault(("forward",), f"{why}: use `forward: resign`, or {other}", warning=True)

    async def execute(self, params: HttpParams, delivery: Delivery) -> Mapping[str, Any]:
        """Call once; redirects are not followed. Facts: `status`."""
        url = self._address(params)
        content, headers = self._content(params, delivery)
        try:
            call = self.http.request(params.method, url, data=content, headers=headers, allow_redirects=False)
            async with call as answer:
                said = self._redactor.text(await read_answer(answer))
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(error) from None
        if 300 <= answer.status < 400 and not params.is_success(answer.status):
            raise Permanent(f"HTTP {answer.status}: redirects are not followed; give the final address")
        check_status(answer.status, answer.headers, said, success=params.is_success, now=delivery.now)
        return {"status": answer.status}

    def _address(self, params: HttpParams) -> Address:
        """Return where the call goes; raises Permanent where the event may not lead there."""
        if (params.path is None) == (params.url is None):
            raise Permanent("give either `path` or `url`")
        if params.path is not None and (self.config.base_url is None or not params.path.startswith("/")):
            raise Permanent("`path` must start with / and needs the destination's `base_url`")
        text = params.url if params.path is None else f"{self.config.base_url}{params.path}"
        try:
            url = address(text or "")
        except ValueError as error:
            raise Permanent(str(error)) from None
        if not self.config.allows(url):
            raise Permanent(f"the host {url.authority} is not the destination's, and not in its `allow_hosts`")
        if params.query:
            join = "&" if url.raw_query_string else "?"
            url = Address(f"{url}{join}{urlencode(params.query, errors='replace')}", encoded=True)
        return url

    def _content(self, params: HttpParams, delivery: Delivery) -> tuple[bytes | None, CIMultiDict[str]]:
        headers, content = CIMultiDict[str](), None
        signature: Mapping[str, str] = {}
        if params.forward is not None:
            content = delivery.body()
            kept = CIMultiDict((k, v) for k, v in delivery.event.headers if k.lower() not in _OF_THE_HOP)
            if params.forward == "original":
                headers.extend(kept)
            else:
                headers["Content-Type"] = kept.get("Content-Type", "application/json")
                signature = delivery.resign()
        else:
            headers["webhook-id"] = delivery.id
            if params.json_ is not None:
                headers["Content-Type"] = "application/json"
                try:
                    content = json.dumps(params.json_, allow_nan=False).encode()
                except ValueError as error:
                    raise Permanent(f"`json` cannot be written as JSON: {error}") from None
            elif params.form is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                content = urlencode(params.form, errors="replace").encode()
            elif params.body is not None:
                headers["Content-Type"] = "text/plain; charset=utf-8"
                content = params.body.encode("utf-8", "replace")
        if delivery.version is not None:
            headers["router-version"] = str(delivery.version)
        headers.update({name: value.get_secret_value() for name, value in self.config.headers.items()})
        if self.config.auth is not None:
            headers.update([self.config.auth.sent()])
        headers.update(params.headers or {})
        if params.sign and params.forward is None:
            secret = self.config.secret.get_secret_value() if self.config.secret else ""
            if not secret:
                raise Permanent("`sign` needs `secret` in the destination")
            signature = standard_signature(secret, headers["webhook-id"], delivery.now, content or b"")
        headers.update(signature)
        return content, headers


def _check_place(config: HttpConfig | None, params: Mapping[str, Any]) -> Iterable[Fault]:
    path, url = params.get("path"), params.get("url")
    if (path is None) == (url is None):
        yield Fault((), "`http` needs either `path` (behind the destination's `base_url`) or `url`")
    elif config is None:
        return
    elif isinstance(path, str):
        if config.base_url is None:
            yield Fault(("path",), "`path` needs `base_url` in the destination; or give a whole `url`")
        if not path.startswith(("/", "{")):
            yield Fault(("path",), "`path` must start with /")
    elif isinstance(url, str):
        constant = _CONSTANT_HOST.match(url)
        try:
            if constant is None and config.base_url is None and not config.allow_hosts:
                yield Fault(
                    ("url",), "this host comes out of the event: name the hosts it may be in `allow_hosts`"
                )
            elif constant is not None and not config.allows(address(constant[0])):
                yield Fault(("url",), f"{constant[1]} is not the destination's host, and not in its `allow_hosts`")
        except ValueError as error:
            yield Fault(("url",), str(error))
