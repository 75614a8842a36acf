"""Where a call goes: behind the destination's address, or to a host that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from yarl import URL as Address

from router.plugin import Fault, Permanent, address

from .config import HttpConfig
from .params import HttpParams

_CONSTANT_HOST = re.compile(r"https?://([^/?#{}@\s]+)(?:[/?#]|$)", re.IGNORECASE)


def place(config: HttpConfig, params: HttpParams) -> Address:
    """Return where the call goes; raises Permanent where the event may not lead there."""
    if (params.path is None) == (params.url is None):
        raise Permanent("give either `path` or `url`")
    if params.path is not None and (config.base_url is None or not params.path.startswith("/")):
        raise Permanent("`path` must start with / and needs the destination's `base_url`")
    text = params.url if params.path is None else f"{config.base_url}{params.path}"
    try:
        url = address(text or "")
    except ValueError as error:
        raise Permanent(str(error)) from None
    if not config.allows(url):
        raise Permanent(f"the host {url.authority} is not the destination's, and not in its `allow_hosts`")
    if params.query:
        join = "&" if url.raw_query_string else "?"
        url = Address(f"{url}{join}{urlencode(params.query, errors='replace')}", encoded=True)
    return url


def constant_host(url: str) -> str | None:
    """Return the start of an address up to its host where no event decides that; None where one does."""
    found = _CONSTANT_HOST.match(url)
    return f"{url.partition('://')[0]}://{found[1]}" if found else None


def place_faults(config: HttpConfig | None, params: Mapping[str, Any]) -> Iterable[Fault]:
    """Yield what leads nowhere, or wherever an event likes; fields are their template's text."""
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
