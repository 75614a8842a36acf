"""The files of a first configuration, as texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

from router.registry import RegisteredAction
from router.starter import Starter
from router.starting.first_use import first_use
from router.starting.origin import Origin
from router.testing.emit import below, inline

ROUTES, TESTS, ENV = "routes.yaml", "routes.test.yaml", ".env.example"

_HEAD = """\
# What comes in, and what is done about it. Written by `router init`, and yours from now on.
#   router dev               tries it on this machine: nothing is sent anywhere
#   router test              runs the tests in routes.test.yaml
#   router check --made-up   finds mistakes; without --made-up it needs the variables of .env.example
version: 1
"""
_ENV_HEAD = """\
# Copy this to .env, fill it in, and keep .env out of version control. In a shell:
#   set -a; . ./.env; set +a; router check && router run
# A value with blanks or other special characters needs quotes there: NAME='two words'
"""
_TESTS_HEAD = """\
# What each event has to come to; nothing is sent. Change routes.yaml, and `router test` shows what differs;
# `router test --update` writes what comes out now.
tests:
"""
_REFERENCE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


@dataclass
class _Parts:
    destinations: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    vars: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    routes: list[str] = field(default_factory=list)


def draft(
    origins: Sequence[Origin], actions: Sequence[RegisteredAction], plugins: Sequence[str] = ()
) -> dict[str, str]:
    """Return the texts of the files by their names; the file of tests has no expectations yet."""
    parts = _Parts()
    tests: list[str] = []
    for origin in origins:
        parts.variables |= origin.variables
        uses = [(action, first_use(action, origin.about)) for action in actions]
        for action, starter in uses:
            _note(parts, action, starter)
        _routes(parts, origin, uses)
        tests += _tests(origin, [starter for _, starter in uses])
    found = {ROUTES: _document(origins, parts, plugins), TESTS: _TESTS_HEAD + "\n".join(tests)}
    found |= {name: "\n".join(dict.fromkeys(texts)) for name, texts in parts.files.items()}
    found[ENV] = _environment(parts)
    return found


def _note(parts: _Parts, action: RegisteredAction, starter: Starter) -> None:
    parts.destinations[starter.destination or action.name] = starter.settings
    parts.vars |= starter.vars
    parts.variables |= starter.variables
    for name, text in starter.files.items():
        parts.files.setdefault(name, []).append(text)


def _routes(parts: _Parts, origin: Origin, uses: Sequence[tuple[RegisteredAction, Starter]]) -> None:
    about, table = origin.about, origin.about.table
    told = [one for _, starter in uses if not starter.table for one in starter.actions]
    kept = [one for _, starter in uses if starter.table for one in starter.actions]
    if told:
        where = {"where": about.where} if about.where else {}
        events = [about.event] if about.event else []
        parts.routes.append(_route(about.about, about.name, origin.name, events, where, told))
    if kept:
        events = [*table.save, *([table.remove] if table.remove else [])]
        parts.routes.append(_route(table.about, table.name.replace("_", "-"), origin.name, events, {}, kept))


def _route(
    about: str, name: str, source: str, events: list[str], where: Mapping[str, Any], actions: list[Any]
) -> str:
    event = {"event": events[0] if len(events) == 1 else events} if events else {}
    route = {"name": name, "source": source, **event, **where}
    lines = [f"  # {about}", f"  - {below(route, 4)}", "    actions:"]
    return "\n".join([*lines, *(f"      - {below(dict(action), 8)}" for action in actions)]) + "\n"


def _document(origins: Sequence[Origin], parts: _Parts, plugins: Sequence[str]) -> str:
    found = [_HEAD]
    if plugins:
        found.append(f"plugins: {inline(list(plugins))}\n")
    if parts.vars:
        found.append(f"vars:\n  {below(parts.vars, 2)}\n")
    sources = []
    for origin in origins:
        settings = {**origin.settings, **{key: f"${{{variable}}}" for key, variable in origin.needs}}
        sources.append(
            f"  # Its URL ends in /webhooks/{origin.name}.\n  {origin.name}:\n    {below(settings, 4)}\n"
        )
    found.append("sources:\n" + "".join(sources))
    names = "".join(f"  {name}: {inline(dict(settings))}\n" for name, settings in parts.destinations.items())
    found.append("destinations:\n" + names)
    found.append("routes:\n" + "\n".join(parts.routes))
    return "\n".join(found)


def _tests(origin: Origin, starters: Sequence[Starter]) -> list[str]:
    """Return a test of each event that a route takes and of which there is a payload, and those of the subject."""
    about, table = origin.about, origin.about.table
    types = [about.event] if any(not starter.table for starter in starters) or about.event is None else []
    if any(starter.table for starter in starters):
        types += [*table.save, *([table.remove] if table.remove else [])]
    found = []
    for type_ in dict.fromkeys(types):
        given = _given(origin, type_)
        if given is not None:
            found.append({"name": f"{type_ or 'an event'} of {origin.title}", **given})
            if type_ == about.event:
                found += [{"name": one.name, **given, "set": one.set} for one in about.examples]
    return [f"  - {below(test, 4)}\n" for test in found]


def _given(origin: Origin, type_: str | None) -> dict[str, Any] | None:
    """Return what comes in: a sample, or the subject's payload; None where there is neither."""
    if type_ in origin.samples:
        return {"event": f"{origin.name}/{type_}"}
    payload = origin.about.payloads.get(type_ or "")
    named = {"event": f"{origin.name}/{type_}"} if type_ else {"source": origin.name}
    return None if payload is None else {**named, "payload": payload}


def _environment(parts: _Parts) -> str:
    defaults: dict[str, str] = {}
    for settings in (*parts.destinations.values(), parts.vars):
        defaults |= {name: default for name, default in _REFERENCE.findall(inline(dict(settings))) if default}
    found = [_ENV_HEAD]
    for name, about in parts.variables.items():
        lines = "\n".join(f"# {line}" for line in wrap(about, 100, break_long_words=False, break_on_hyphens=False))
        if name in defaults:
            found.append(f"{lines}\n# Without it: {defaults[name]}\n# {name}=\n")
        else:
            found.append(f"{lines}\n{name}=\n")
    return "\n".join(found)
