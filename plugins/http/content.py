"""What is sent: the body, the headers, and the signature over both.

`sign` is the scheme of Standard Webhooks: github.com/standard-webhooks/standard-webhooks, spec.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from multidict import CIMultiDict

from router.plugin import Delivery, Permanent, standard_signature

from .config import HttpConfig
from .params import HttpParams

_OF_THE_HOP = {"host", "content-length", "transfer-encoding", "connection", "content-encoding"}


def content(config: HttpConfig, params: HttpParams, delivery: Delivery) -> tuple[bytes | None, CIMultiDict[str]]:
    """Return the body and the headers, but for a token that has to be fetched; raises Permanent."""
    headers, body = CIMultiDict[str](), None
    signature: Mapping[str, str] = {}
    if params.forward is not None:
        body = delivery.body()
        kept = CIMultiDict((k, v) for k, v in delivery.event.headers if k.lower() not in _OF_THE_HOP)
        if params.forward == "original":
            headers.extend(kept)
        else:
            headers["Content-Type"] = kept.get("Content-Type", "application/json")
            signature = delivery.resign()
    else:
        headers["webhook-id"] = delivery.id
        kind, body = _own(params)
        if kind is not None:
            headers["Content-Type"] = kind
    if delivery.version is not None:
        headers["router-version"] = str(delivery.version)
    headers.update({name: value.get_secret_value() for name, value in config.headers.items()})
    if config.auth is not None and (shown := config.auth.constant()) is not None:
        headers.update([shown])
    headers.update(params.headers or {})
    if params.sign and params.forward is None:
        secret = config.secret.get_secret_value() if config.secret else ""
        if not secret:
            raise Permanent("`sign` needs `secret` in the destination")
        signature = standard_signature(secret, headers["webhook-id"], delivery.now, body or b"")
    headers.update(signature)
    return body, headers


def _own(params: HttpParams) -> tuple[str | None, bytes | None]:
    """Return the type and the bytes of a body that the route gives; None where it gives none."""
    if params.json_ is not None:
        try:
            return "application/json", json.dumps(params.json_, allow_nan=False).encode()
        except ValueError as error:
            raise Permanent(f"`json` cannot be written as JSON: {error}") from None
    if params.form is not None:
        return "application/x-www-form-urlencoded", urlencode(params.form, errors="replace").encode()
    if params.body is not None:
        return "text/plain; charset=utf-8", params.body.encode("utf-8", "replace")
    return None, None
