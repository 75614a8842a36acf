"""Compiles small rule files for the tests of routing, with an action that has a field of every kind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from router.config.node import Mapping as MappingNode
from router.config.node import Sequence
from router.config.problem import Problems
from router.config.yaml import parse
from router.destinations import compile_destinations
from router.model import Event, Pairs, PlannedDelivery
from router.plugin import (
    MRKDWN,
    TEXT,
    Action,
    Fault,
    Header,
    Html,
    Json,
    Model,
    Mrkdwn,
    Name,
    Path,
    Text,
    Tree,
    Url,
    Usage,
)
from router.registry import RegisteredAction, Registry
from router.routing.context import Context
from router.routing.plan import plan
from router.routing.table import RouteTable, compile_routes
from router.sources.compile import compile_sources

AT = datetime(2026, 11, 23, 12, 30, 0, 250_000, tzinfo=UTC)
SOURCES = (
    "sources: {app: {verify: none}, shop: {verify: none}, clerk: {provider: clerk, secret: whsec_"
    + "QUFB" * 8
    + "}}\n"
)


class ShoutConfig(Model):
    """Nothing has to be set."""

    loud: bool = False


class Line(Model):
    sku: Text
    count: int = 1


class ShoutParams(Model):
    text: Text | None = None
    html: Html | None = None
    mrkdwn: Mrkdwn | None = None
    url: Url | None = None
    path: Path | None = None
    header: Header | None = None
    headers: dict[str, Header] | None = None
    to: Text | list[Text] | None = None
    json_: Json = Field(None, alias="json")
    table: Name | None = None
    blocks: Annotated[list[dict[str, Any]], Tree(lambda key, owner: _leaf(owner))] | None = None
    lines: list[Line] | None = None
    flag: bool | None = None
    count: int | None = None
    level: Literal["low", "high"] | None = None

    @model_validator(mode="after")
    def _not_both(self) -> ShoutParams:
        if self.text == "no" and self.html:
            raise ValueError("say `text` or `html`")
        return self


def _leaf(owner: Mapping[str, Any]) -> Any:
    return MRKDWN if owner.get("type") == "mrkdwn" else TEXT


class Shout(Action[ShoutConfig, ShoutParams]):
    """Shouts."""

    name = "shout"
    Config = ShoutConfig
    Params = ShoutParams

    @classmethod
    def check(cls, config: Any, params: Mapping[str, Any], usage: Usage) -> Iterable[Fault]:
        if params.get("text") == "forbidden":
            yield Fault(("text",), "this word is forbidden")
        if params.get("text") == "odd":
            yield Fault(("text",), f"odd, for {usage.retry_span:.0f}s", warning=True)
        if params.get("text") == "late":
            yield Fault(("text",), f"late by {usage.delay:.0f}s, rate {usage.rate}", warning=True)

    async def execute(self, params: Any, delivery: Any) -> None:
        return None


class StoreConfig(Model):
    url: str


class StoreParams(Model):
    upsert: Name
    values: dict[str, Json] = Field(default_factory=dict)


class Store(Action[StoreConfig, StoreParams]):
    """Stores."""

    name = "store"
    version = "1.2"
    Config = StoreConfig
    Params = StoreParams

    async def execute(self, params: Any, delivery: Any) -> None:
        return None


REGISTRY = Registry({a.name: RegisteredAction(a.name, a, "tests", a.version) for a in (Shout, Store)})


def compile_rules(text: str, file: str = "routes.yaml") -> tuple[RouteTable, Problems]:
    """Compile a text with `routes`, and perhaps `vars`, `sources`, `destinations` and `on_dead`."""
    problems = Problems()
    problems.texts[file] = text
    root = parse(text, file, problems)
    assert isinstance(root, MappingNode), list(problems)
    empty = MappingNode((), root.mark)

    def part(name: str, default: MappingNode = empty) -> MappingNode:
        found = root.get(name)
        return found if isinstance(found, MappingNode) else default

    usual = parse(SOURCES, "sources.yaml", problems)
    assert isinstance(usual, MappingNode)
    own = usual.get("sources")
    assert isinstance(own, MappingNode)
    aside = Problems()
    sources = compile_sources(part("sources", own), aside)
    assert not aside.errors, list(aside)
    destinations = compile_destinations(part("destinations"), REGISTRY, problems)
    routes = root.get("routes")
    assert isinstance(routes, Sequence)
    context = Context(sources, destinations, REGISTRY, part("vars"))
    return compile_routes(routes.items, context, problems, on_dead=root.get("on_dead")), problems


def rules(text: str, file: str = "routes.yaml") -> RouteTable:
    """Compile a text that has no faults."""
    table, problems = compile_rules(text, file)
    assert not problems.errors, [f"{p.mark} {p.message}" for p in problems]
    return table


def faults(text: str) -> list[str]:
    """Return the problems of a text as `line:column code: message (hint)`."""
    found = compile_rules(text)[1]
    return [
        f"{p.mark.line}:{p.mark.column} {p.code}: {p.message}" + (f" ({p.hint})" if p.hint else "") for p in found
    ]


def event(
    data: Any = None,
    type_: str = "user.created",
    source: str = "app",
    *,
    headers: Pairs = (),
    query: Pairs = (),
    payload: Any = None,
    uid: str = "evt_1",
    time: datetime = AT,
) -> Event:
    """Make an event."""
    payload = data if payload is None else payload
    return Event(uid, source, "msg_1", type_, time, AT, b"{}", payload, data, headers, query)


def deliveries(text: str, of: Event) -> tuple[PlannedDelivery, ...]:
    """Plan an event through a text."""
    return plan(rules(text), of).deliveries


def shout(params: str, data: Any = None, *, above: str = "", of: Event | None = None) -> PlannedDelivery:
    """Plan an event through one route with one `shout`; `params` are in flow or block YAML."""
    indented = (
        params if "\n" not in params else "\n" + "\n".join(f"          {line}" for line in params.split("\n"))
    )
    text = f"{above}\nroutes:\n  - name: r\n    actions:\n      - shout: {indented}\n"
    (made,) = deliveries(text, of or event(data))
    return made


def shouted(params: str, data: Any = None, *, above: str = "", of: Event | None = None) -> Any:
    """Return the rendered parameters of such a `shout`."""
    made = shout(params, data, above=above, of=of)
    assert made.reason is None, made.reason
    return json.loads(made.params)


def reason(params: str, data: Any = None, *, above: str = "", of: Event | None = None) -> str:
    """Return why such a `shout` is dead."""
    made = shout(params, data, above=above, of=of)
    assert made.state == "dead"
    assert made.params == b"null"
    return made.reason or ""


def faults_of(params: str) -> list[str]:
    """Return the problems of one `shout`, which stands on line 4 from column 16 on."""
    return faults(f"routes:\n  - name: r\n    actions:\n      - shout: {params}\n")
