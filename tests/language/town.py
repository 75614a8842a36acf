"""A file around the few lines that a test is about, loaded by the real code, and events for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from router.config.report import render
from router.errors import Rejected
from router.model import Event, Plan, RawRequest
from router.routing.verdict import RouteVerdict
from router.ruleset import Loaded, Ruleset, load_ruleset
from router.sources.samples import sample

NOW = datetime(2026, 11, 23, 12, 30, 0, 250_000, tzinfo=UTC)
SECRET = "whsec_" + "QUFB" * 8
HEAD = f"""version: 1
sources:
  clerk: {{provider: clerk, secret: {SECRET}}}
  github: {{provider: github, secret: a-github-secret}}
  shopify: {{provider: shopify, secret: a-shopify-secret}}
  app: {{verify: none, type: $.type, id: $.id, time: $.at, data: $.data}}
destinations:
  slack: {{webhook_url: "https://hooks.slack.com/services/T/B/x"}}
  eng: {{type: slack, token: xoxb-1}}
  resend: {{api_key: re_123456, from: "Acme <hello@acme.dev>"}}
  web: {{type: http, base_url: "http://localhost:3000", allow_hosts: [other.example]}}
  sql: {{url: "sqlite:///app.db"}}
"""
FIRST = HEAD.count("\n") + 2  #: the line on which the text of `routes` begins


def load(text: str, environ: Mapping[str, str] | None = None) -> Loaded:
    """Load a whole file in the working directory (a temporary one, see conftest.py)."""
    Path("routes.yaml").write_text(dedent(text))
    return load_ruleset(Path("routes.yaml"), environ or {})


def routes(text: str) -> str:
    """Return a whole file with these routes."""
    return f"{HEAD}routes:\n{indent(dedent(text), '  ')}"


def told(loaded: Loaded, first: int = 1) -> list[str]:
    """Return all problems as `line:column code: message (hint)`, lines counted from `first`."""
    return [
        f"{p.mark.line - first + 1}:{p.mark.column} {p.code}: {p.message}" + (f" ({p.hint})" if p.hint else "")
        for p in loaded.problems
    ]


def faults(text: str) -> list[str]:
    """Return the problems of routes, whose first line counts as line 1."""
    return told(load(routes(text)), FIRST)


def file_faults(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the problems of a whole file."""
    return told(load(text, environ))


def rules(text: str) -> Ruleset:
    """Return the ruleset of routes that have no errors."""
    return usable(load(routes(text)))


def usable(loaded: Loaded) -> Ruleset:
    """Return the ruleset of a file that has no errors."""
    assert loaded.ruleset is not None, render(loaded.problems, loaded.texts)
    return loaded.ruleset


def sent(
    ruleset: Ruleset,
    source: str,
    payload: Any,
    *,
    headers: Iterable[tuple[str, str]] = (),
    query: Iterable[tuple[str, str]] = (),
    body: bytes | None = None,
) -> Event:
    """Return the event that a source makes of a request, which is not verified."""
    raw = json.dumps(payload).encode() if body is None else body
    found = ruleset.sources[source]
    request = RawRequest(source, "POST", found.path, tuple(query), tuple(headers), raw, NOW)
    return found.identify(request, "evt_ours")


def refused(ruleset: Ruleset, source: str, headers: Iterable[tuple[str, str]], body: bytes = b"{}") -> str | None:
    """Return why a source refuses a request; None for a genuine one."""
    found = ruleset.sources[source]
    try:
        found.verify(RawRequest(source, "POST", found.path, (), tuple(headers), body, NOW))
    except Rejected as error:
        return f"{error.status}: {error.reason}"
    return None


def happened(data: Any, type_: str = "thing.made", **more: Any) -> dict[str, Any]:
    """Return a payload of the source `app`."""
    return {"type": type_, "id": "msg_1", "at": "2026-11-23T12:00:00Z", "data": data, **more}


def clerk(type_: str = "user.created", **data: Any) -> dict[str, Any]:
    """Return a sample of Clerk's, with some of its data changed."""
    payload: dict[str, Any] = sample("clerk", type_, NOW)
    payload["data"].update(data)
    return payload


def plan(text: str, payload: Any, source: str = "app", **request: Any) -> Plan:
    """Plan an event through routes."""
    ruleset = rules(text)
    return ruleset.plan(sent(ruleset, source, payload, **request))


def made(text: str, payload: Any, source: str = "app", **request: Any) -> list[str]:
    """Return the deliveries that come of an event, as `route/action`."""
    return [f"{d.route}/{d.action}" for d in plan(text, payload, source, **request).deliveries]


def params(text: str, payload: Any, source: str = "app", **request: Any) -> Any:
    """Return the rendered parameters of the one delivery that comes of an event."""
    (only,) = plan(text, payload, source, **request).deliveries
    assert only.reason is None, only.reason
    return json.loads(only.params)


def dead(text: str, payload: Any, source: str = "app", **request: Any) -> str:
    """Return why the one delivery that comes of an event is dead."""
    (only,) = plan(text, payload, source, **request).deliveries
    assert only.state == "dead", only.params
    return only.reason or ""


def verdicts(text: str, payload: Any, source: str = "app") -> dict[str, RouteVerdict]:
    """Return what each route says of an event."""
    ruleset = rules(text)
    return {verdict.name: verdict for verdict in ruleset.explain(sent(ruleset, source, payload)).routes}


def note(text: str) -> str:
    """Return a route that sends a text, with these keys above its actions."""
    return f"- name: r\n{indent(dedent(text), '  ')}\n  actions: [{{slack: {{text: hi}}, destination: slack}}]\n"


def taken(keys: str, payload: Any, source: str = "app", **request: Any) -> bool:
    """Tell whether a route with these keys takes an event."""
    return bool(made(note(keys), payload, source, **request))


def json_of(value: str, data: Any, source: str = "app", above: str = "") -> Any:
    """Return what a value of `json` comes to for an event of these data."""
    text = f"- name: r\n{above}  actions:\n    - http:\n        path: /x\n        json:\n          v: {value}\n"
    return params(text, happened(data) if source == "app" else data, source)["json"]["v"]


def text_of(value: str, data: Any, field: str = "body") -> Any:
    """Return what a text field of `http` comes to for an event of these data."""
    return params(f"- name: r\n  actions:\n    - http: {{path: /x, {field}: {value}}}\n", happened(data))[field]
