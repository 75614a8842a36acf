"""What a template gets for a member that is missing: it can be asked for (`default`, `is defined`), not used."""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined
from jinja2.utils import missing


class Said(str):
    """The sentence about a missing member; `member` is its name, `null` says that it was asked of null."""

    member: str
    null: bool


class Missing(StrictUndefined):
    """A missing member; the members of it are the same missing member (see Sandbox.getattr)."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name = self._undefined_name
        member = name if isinstance(name, str) else f"[{name!r}]"
        null = self._undefined_obj is None
        if self._undefined_obj is missing:
            said = Said(f"`{member}` is not defined")
        elif null:
            said = Said(f"`{member}` of null")
        else:
            said = Said(f"`{member}` is missing")
        said.member, said.null = member, null
        return said


def said(error: BaseException) -> Said | None:
    """Return the sentence about a missing member that an error carries; None for any other error."""
    first: Any = error.args[0] if error.args else None
    return first if isinstance(first, Said) else None
