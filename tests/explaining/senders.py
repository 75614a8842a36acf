"""Sources of every scheme, and the requests that their senders make."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from router.model import RawRequest
from router.ruleset import Ruleset, load_ruleset
from router.sources.source import Source
from router.specimen import signed_request

AT = datetime(2026, 11, 23, 12, 30, 0, tzinfo=UTC)
SOURCES = f"""
version: 1
sources:
  clerk: {{provider: clerk, secret: whsec_{"QUFB" * 8}}}
  github: {{provider: github, secret: a-github-secret}}
  shop: {{provider: shopify, secret: a-shopify-secret}}
  am: {{verify: {{scheme: token, header: Authorization, prefix: "Bearer "}}, secret: tok-123456, type: $.status}}
  open: {{verify: none, type: [$.object, $.action], id: $.id, time: $.at, data: $.data}}
destinations:
  slack: {{webhook_url: "https://hooks.slack.com/services/T/B/secret-path-of-it"}}
  web: {{type: http, base_url: "http://localhost:3000", rate: 30/m, breaker: false}}
"""
PAYLOAD = {"type": "user.created", "timestamp": 1795437000123, "data": {"id": "user_1", "name": "Zoë <a&b>"}}
BODY = json.dumps(PAYLOAD, ensure_ascii=False, separators=(",", ":")).encode()


def rules(folder: Path, routes: str = "") -> Ruleset:
    """Return the ruleset of the sources, with these routes."""
    file = folder / "routes.yaml"
    file.write_text(f"{SOURCES}{routes}")
    loaded = load_ruleset(file, {})
    assert loaded.ruleset is not None, [problem.message for problem in loaded.problems]
    return loaded.ruleset


def sent(source: Source, type_: str = "user.created", body: bytes = BODY, **changes: Any) -> RawRequest:
    """Return a signed request, then changed."""
    return replace(signed_request(source, type_, body, "msg_1", AT), **changes)


def without(request: RawRequest, *names: str) -> RawRequest:
    """Return the request without these headers."""
    return replace(request, headers=tuple(pair for pair in request.headers if pair[0].lower() not in names))


def having(request: RawRequest, name: str, value: str) -> RawRequest:
    """Return the request with another value of a header."""
    rest = without(request, name.lower())
    return replace(rest, headers=(*rest.headers, (name, value)))
