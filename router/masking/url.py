"""What in an address could identify somebody or let others in: user, password, query values, long random parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.masking.forms import forms_in
from router.masking.kind import Kind
from router.masking.spans import Taken

_USER = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#@\s]*)@")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]*)")
_QUERY = re.compile(r"(?<=[?&#])([^=&#]+)=([^&#]*)")
_OPAQUE = re.compile(r"[A-Za-z0-9_~.=-]{16,}")


def parts_of_url(url: str) -> Iterator[tuple[int, int, Kind]]:
    """Yield the parts of one address that are to be masked, without overlaps; its host and path stay readable."""
    found: list[tuple[int, int, Kind]] = []
    if (user := _USER.match(url)) and user[1]:
        found.append((*user.span(1), Kind.SECRET))
    host = _HOST.match(url)
    start = host.end() if host else 0
    for match in _QUERY.finditer(url, start):
        if match[2]:
            found.append((*match.span(2), Kind.URL))
    end = min((at for at in (url.find("?", start), url.find("#", start)) if at >= 0), default=len(url))
    for match in _OPAQUE.finditer(url, start, end):
        if any(char.isdigit() for char in match[0]) and any(char.isalpha() for char in match[0]):
            found.append((*match.span(), Kind.BLOB))
    found += ((form.start, form.end, form.kind) for form in forms_in(url))
    taken = Taken(len(url))
    yield from sorted(part for part in found if taken.take(part[0], part[1]))
