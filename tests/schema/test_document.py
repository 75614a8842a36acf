"""The schema of routes.yaml: it takes what the router takes, names what it reads, and is published as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

from router.cli.main import main
from router.config import yaml
from router.config.fields import Fields
from router.config.node import plain
from router.config.problem import Problems
from router.registry import load_registry
from router.schema.document import routes_schema
from router.schema.tests import schema_of_tests
from tests.docs.examples import load_block
from tests.docs.pages import ROOT, Block, all_blocks
from tests.language.town import HEAD, load, routes

SCHEMA = routes_schema(load_registry(entry_points=False))
WHOLE = [block for block in all_blocks("yaml") if block.marker.split(":")[0] in ("", "routes", "actions", "where")]

valid: Callable[[Any], Any] = fastjsonschema.compile(SCHEMA)


def read(text: str) -> Any:
    """Return a file's value, as the router reads YAML."""
    node = yaml.parse(text, "routes.yaml", Problems())
    assert node is not None
    return plain(node)


@pytest.mark.parametrize("tests", [False, True])
def test_the_published_schema_is_that_of_the_shipped_actions(tests: bool) -> None:
    file = ROOT / ("routes.test.schema.json" if tests else "routes.schema.json")
    made = schema_of_tests() if tests else SCHEMA
    assert json.loads(file.read_text()) == made, "write it anew: make docs"


@pytest.mark.parametrize("block", WHOLE, ids=lambda block: block.place)
def test_an_example_of_the_documentation_is_valid(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = load_block(tmp_path, block)
    if loaded.ruleset is not None:
        with_its_plugins = fastjsonschema.compile(routes_schema(loaded.ruleset.registry))
        with_its_plugins(read((tmp_path / "routes.yaml").read_text()))


@pytest.mark.parametrize("name", ["routes.example.yaml"])
def test_a_shipped_file_is_valid(name: str) -> None:
    valid(read((ROOT / name).read_text()))


def test_the_shipped_tests_are_valid() -> None:
    fastjsonschema.compile(schema_of_tests())(read((ROOT / "routes.example.test.yaml").read_text()))


@pytest.mark.parametrize(
    "text",
    [
        "- {name: r, events: x}",
        "- {source: clerk}",
        "- {name: r, enabled: yes}",
        "- {name: r, actions: {slack: {text: x}}}",
        "- {name: r, actions: [{slack: {text: x}, http: {path: /}}]}",
        "- {name: r, actions: [{slak: {text: x}}]}",
        "- {name: r, actions: [{slack: {txt: x}}]}",
        "- {name: r, actions: [{slack: {text: [a]}}]}",
        "- {name: r, actions: [{slack: {text: x, mrkdwn: maybe}}]}",
        "- {name: r, actions: [{resend: {subject: x, text: y}}]}",
        "- {name: r, actions: [{http: {path: /, method: FETCH}}]}",
        "- {name: r, actions: [{slack: {text: x}, delay: 5}]}",
        "- {name: r, actions: [{slack: {text: x}, retry: {attempts: 3}}]}",
        "- {name: r, where: {}}",
        "- {name: r, where: {data.x: {equals: 1}}}",
        "- {name: r, where: {data.x: {exists: maybe}}}",
        "- {name: r, on_dead: [{slack: {text: x}, for_each: data.x}]}",
    ],
)
def test_a_mistake_in_a_route_is_seen_while_typing(text: str) -> None:
    assert load(routes(text)).problems.errors
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        valid(read(routes(text)))


@pytest.mark.parametrize(
    "text",
    [
        "server: {listen: ':80', max_bodies: 1MiB}",
        "server: {max_body: 1MB}",
        "journal: {retention: 30}",
        "sources: {a: {secret: x}}",
        "sources: {a: {provider: clrk, secret: x}}",
        "sources: {a: {verify: {scheme: hmac, header: X}, secret: x}}",
        "destinations: {slack: {webhook: x}}",
        "destinations: {eng: {token: x}}",
        "destinations: {eng: {type: slak}}",
        "destinations: {slack: {token: x, rate: 5}}",
        "destinations: {sql: {url: 'sqlite:///x.db', pool_size: many}}",
        "version: 2",
        "route: []",
    ],
)
def test_a_mistake_around_the_routes_is_seen_while_typing(text: str) -> None:
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        valid(read(text))


@pytest.mark.parametrize(
    "text",
    [
        "destinations: {sql: {url: '${DB}', pool_size: '${SIZE}'}, eng: {type: slack, token: '${T}'}}",
        "destinations: {slack: {token: '${T}', rate: '${R}'}}",
        "server: {max_body: '${MAX:-1MiB}'}",
        "x-base: &base {name: a}\nroutes: [{<<: *base, enabled: true}]",
        'routes: [{name: r, if: true, where: ["$.a[?(@.b == 1)]", {data.x: null}]}]',
        "routes: [{name: r, actions: [{slack: {text: '{{ x }}', mrkdwn: '{{ y }}', blocks: '{{ z }}'}}]}]",
        "routes: [{name: r, actions: [{slack: {text: 5}, timeout: 5s, lane: 3, delay: {until: '{{ a }}'}}]}]",
        "routes: [{name: r, actions: [{resend: {to: [{for_each: data.x, value: '{{ item }}'}], subject: x}}]}]",
        "routes: [{name: r, actions: [{resend: {to: a@b.c, subject: x, html: {file: x.html}}}]}]",
        "sources: {a: {verify: none, type: [$.a, $.b], id: 'header:X'}}",
    ],
)
def test_what_the_language_allows_is_valid(text: str) -> None:
    valid(read(text))


READ = """
version: 1
server: {}
admin: {}
journal: {}
sources:
  plain: {verify: {scheme: hmac, header: X, encoding: hex, timestamp: {header: Y}}, secret: s, id: $.id, vars: {}}
  simple: {verify: {scheme: token, header: X}, secret: s, id: $.id}
destinations:
  slack: {token: xoxb-1, retry: {}, breaker: {}}
routes:
  - name: r
    where: {data.x: 1}
    actions: [{slack: {channel: c, text: x}, delay: {until: data.x}}]
    on_dead: [{slack: {channel: c, text: x}}]
"""


def test_the_schema_names_the_keys_that_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[str, set[str]] = {}
    finish = Fields.finish

    def finished(self: Fields, **given: Any) -> None:
        known[self.what] = known.get(self.what, set()) | self.read | set(given.get("also_known", ()))
        finish(self, **given)

    monkeypatch.setattr(Fields, "finish", finished)
    monkeypatch.chdir(tmp_path)
    assert not load(READ).problems.errors
    definitions = SCHEMA["definitions"]
    actions = set(load_registry(entry_points=False).actions)

    def named(name: str) -> set[str]:
        whole = definitions[name]
        return {key for part in (whole, *whole.get("allOf", ())) for key in part.get("properties", ())}

    assert known["`server`"] == named("server")
    assert known["`admin`"] == named("admin")
    assert known["`journal`"] == named("journal")
    assert known["the source `plain`"] == named("source")
    assert known["`verify` of the source `plain`"] == named("verifyHmac")
    assert known["`verify` of the source `simple`"] == named("verifyToken")
    assert known["`timestamp`"] == named("verifyTimestamp")
    assert known["`retry`"] == named("retry")
    assert known["`breaker`"] == named("breaker")
    assert known["`delay`"] == named("delay")
    assert known["the route `r`"] == named("route")
    assert known["an action of the route `r`"] - {"slack"} == named("action") - actions
    assert known["an action of `on_dead` of the route `r`"] - {"slack"} == named("deathAction") - actions


def test_every_key_has_a_text_for_people() -> None:
    for name, definition in SCHEMA["definitions"].items():
        for key, value in definition.get("properties", {}).items():
            inner = [value, *value.get("allOf", ())]
            texts = [one.get("description") for one in inner if "$ref" not in one]
            referred = [SCHEMA["definitions"][one["$ref"].rsplit("/", 1)[1]] for one in inner if "$ref" in one]
            assert any([*texts, *(one.get("description") for one in referred)]) or key in _PLAIN, (name, key)


_PLAIN = frozenset(
    {"scheme", "header", "algorithm", "encoding", "unit", "as", "value", "file", "for_each", "name"}
)


def test_a_configuration_brings_its_own_plugins_and_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "shout.py").write_text(SHOUT)
    (tmp_path / "routes.yaml").write_text(f"plugins: ./plugins\n{HEAD.split(chr(10), 1)[1]}")
    assert main(["schema"]) == 0
    made = json.loads(capsys.readouterr().out)
    of_shout = made["definitions"]["shout.ShoutParams"]["properties"]
    assert of_shout["loud"]["description"] == "How loud."
    assert "shout" in made["definitions"]["action"]["properties"]
    route = made["definitions"]["route"]
    assert route["properties"]["source"]["anyOf"][0]["enum"] == ["app", "clerk", "github", "shopify"]
    of_clerk = next(one for one in route["allOf"] if one["if"]["properties"]["source"] == {"enum": ["clerk"]})
    types = of_clerk["then"]["properties"]["event"]["anyOf"][0]["enum"]
    assert "user.created" in types
    assert "push" not in types
    narrowing = made["definitions"]["action"]["properties"]["event"]
    assert {"push", "user.created"} <= set(narrowing["anyOf"][0]["enum"])
    fastjsonschema.compile(made)(
        read("destinations: {shout: {url: x}}\nroutes: [{name: r, actions: [{shout: {loud: '{{ data.x }}'}}]}]")
    )


def test_a_plugin_that_cannot_be_used_is_told_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "broken.py").write_text("def broken(:\n")
    (tmp_path / "routes.yaml").write_text("plugins: ./plugins\nroutes: [{nam: x}]\n")
    assert main(["schema", "routes.yaml"]) == 0
    printed = capsys.readouterr()
    assert "slack" in json.loads(printed.out)["definitions"]["action"]["properties"]
    assert f"{tmp_path / 'plugins' / 'broken.py'}:1: " in printed.err


def test_the_line_for_editors_goes_by_the_folder_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "routes.yaml").write_text("routes: []\n")
    assert main(["schema", "conf/routes.yaml", "--out", "conf/s.json"]) == 0
    assert capsys.readouterr().out.endswith("$schema=./s.json\n")


def everywhere(value: Any) -> Iterator[Any]:
    """Yield every mapping inside."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from everywhere(inner)


@pytest.mark.parametrize("made", [SCHEMA, schema_of_tests()], ids=["routes", "tests"])
def test_no_mapping_is_one_branch_of_several_so_that_a_mistake_in_it_is_told_at_its_key(made: Any) -> None:
    for schema in everywhere(made):
        options = schema.get("anyOf", []) if isinstance(schema.get("anyOf"), list) else []
        mappings = [one for one in options if "$ref" in one or "properties" in one]
        assert not mappings, schema


def test_a_text_of_a_key_is_its_own_and_not_that_of_its_type() -> None:
    action = SCHEMA["definitions"]["action"]["properties"]
    assert "older than this" in action["fresh"]["description"]
    assert "makes no delivery" in action["if"]["description"]


def test_the_schema_is_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "s.json"
    assert main(["schema", "--plain", "--out", str(out)]) == 0
    assert f"# yaml-language-server: $schema={out}" in capsys.readouterr().out
    assert json.loads(out.read_text()) == SCHEMA
    assert main(["schema", "--out", str(tmp_path / "no" / "s.json")]) == 1
    assert "cannot be written" in capsys.readouterr().err


SHOUT = '''
from pydantic import Field
from router.plugin import Action, Model


class ShoutConfig(Model):
    """Where to."""

    url: str = Field(description="The address.")


class ShoutParams(Model):
    """What."""

    loud: int = Field(description="How loud.")


class Shout(Action[ShoutConfig, ShoutParams]):
    """Shouts."""

    name = "shout"
    Config = ShoutConfig
    Params = ShoutParams

    async def execute(self, params, delivery):
        return None
'''
