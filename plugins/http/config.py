"""An app or an API as a destination: its address, how the router shows who it is, where else calls may go."""

from __future__ import annotations

import base64
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from yarl import URL as Address

from router.plugin import BaseUrl, HeaderName, Model, SecretStr, one_line, signing_key

from .oauth2 import OAuth2


def _secret_line(secret: SecretStr) -> SecretStr:
    one_line(secret.get_secret_value())
    return secret


def _signing_secret(secret: SecretStr) -> SecretStr:
    signing_key(secret.get_secret_value())
    return secret


_SigningSecret = Annotated[SecretStr, AfterValidator(_signing_secret)]
_SecretLine = Annotated[SecretStr, AfterValidator(_secret_line)]


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
    oauth2: OAuth2 | None = Field(None, description="A token that is fetched with a client's id and secret.")

    @model_validator(mode="after")
    def _one(self) -> Auth:
        if sum(way is not None for way in (self.bearer, self.basic, self.header, self.oauth2)) != 1:
            raise ValueError("give one of `bearer`, `basic`, `header` and `oauth2`")
        return self

    def constant(self) -> tuple[str, str] | None:
        """Return the name and the value of the header; None where its token has to be fetched first."""
        if self.bearer is not None:
            return "Authorization", f"Bearer {self.bearer.get_secret_value()}"
        if self.basic is not None:
            pair = f"{self.basic.username}:{self.basic.password.get_secret_value()}"
            return "Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"
        return None if self.header is None else (self.header.name, self.header.value.get_secret_value())


class HttpConfig(Model):
    """An app or an API; every setting is optional."""

    base_url: BaseUrl | None = Field(None, description="Address that a `path` is put behind.")
    auth: Auth | None = Field(
        None, description="`bearer: ...`, `basic: {...}`, `header: {...}` or `oauth2: {...}`."
    )
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
