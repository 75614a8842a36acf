"""What a route says of one call."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from router.plugin import NAME, Header, HeaderName, Json, Model, Path, Text, Url


def _status(status: int | str) -> int | str:
    if not re.fullmatch(r"[1-5](xx|\d\d)", str(status)):
        raise ValueError(f"`{status}` is no status: write 404 or 2xx")
    return status


_Method = Annotated[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], NAME]
_Status = Annotated[int | str, NAME, AfterValidator(_status)]
_Forward = Annotated[Literal["resign", "original"], NAME]


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
