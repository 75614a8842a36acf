"""All destinations are probed at the same time, and whatever a plugin does, its place in the file is told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent, indent

import aiohttp
import pytest

from router.connect import Connection, connect, look_at_journal
from router.ruleset import Loaded, Ruleset, load_ruleset

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PLUGIN = '''
"""A plugin."""
import asyncio, sys, threading, time
from router.plugin import Action, Finding, Model, Permanent, Probed, Retry, SecretStr, Text

class Config(Model):
    """Config."""
    key: SecretStr | None = None
    to: str = "x"

class Params(Model):
    """Params."""
    text: Text | None = None
    rows: dict[str, Text] = {}

class Thing(Action[Config, Params]):
    """Does a thing."""
    name = "thing"
    Config = Config
    Params = Params
BODY
    async def execute(self, params, delivery):
        raise AssertionError("a probe executes nothing")
'''
ROUTES = """\
version: 1
plugins: [./plugins]
sources: {app: {verify: none, type: $.type, id: $.id}}
destinations:
  thing: {key: s3cret-GhJkLmNb, to: here}
routes:
  - name: all
    source: app
    actions:
      - thing: {text: "{{ data.x }}", rows: {one: a, two: "{{ data.y }}"}}
"""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(body: str, routes: str = ROUTES) -> Loaded:
    """Load a file with an action that has these methods."""
    Path("plugins").mkdir(exist_ok=True)
    Path("plugins/thing.py").write_text(PLUGIN.replace("BODY", indent(dedent(body), "    ")))
    Path("routes.yaml").write_text(routes)
    return load_ruleset(Path("routes.yaml"), {})


async def reach(body: str, routes: str = ROUTES, timeout: float = 5.0) -> tuple[list[Connection], list[str]]:
    """Return what became of the destinations of the file, and the problems as `line:column code: message`."""
    loaded = load(body, routes)
    assert loaded.ruleset is not None, list(loaded.problems)
    already = len(loaded.problems)
    assert not already, list(loaded.problems)
    async with aiohttp.ClientSession() as http, asyncio.timeout(30):
        found = await connect(loaded.ruleset, http, loaded.problems, NOW, timeout=timeout)
    told = [f"{p.mark.line}:{p.mark.column} {p.severity} {p.code}: {p.message}" for p in loaded.problems]
    return found, told


async def test_a_good_destination_is_told_with_the_number_of_its_actions() -> None:
    found, told = await reach("""
        async def open(self):
            self.opened = True
        async def probe(self, uses):
            assert self.opened and self.http is not None
            (use,) = uses
            return Probed(f"{use.route}/{use.action} {dict(use.params)}")
    """)
    said = "all/thing {'text': '{{ data.x }}', 'rows': {'one': 'a', 'two': '{{ data.y }}'}}"
    assert found == [Connection("thing", "thing", "ok", said, 1)]
    assert told == []


async def test_a_plugin_without_a_probe_is_not_even_opened() -> None:
    found, told = await reach("""
        async def open(self):
            raise AssertionError
    """)
    assert [(one.state, one.said) for one in found] == [("unchecked", "not checked: the plugin has no probe")]
    assert told == []


async def test_findings_stand_at_their_places() -> None:
    found, told = await reach("""
        async def probe(self, uses):
            return Probed("it answers", [
                Finding("no such place", ("to",)),
                Finding("too old", ("rows", "two"), uses[0], warning=True),
                Finding("no such row", ("rows", "one"), uses[0], key=True),
                Finding("asleep", (), None, unreachable=True),
                Finding("of a key that is not there", ("nope",), uses[0]),
            ])
    """)
    assert [one.state for one in found] == ["wrong"]
    assert told == [
        "5:3 error unreachable: `thing`: asleep",
        "5:37 error misfit: `thing`: no such place",
        "10:16 error misfit: `thing`: of a key that is not there",
        "10:46 error misfit: `thing`: no such row",
        "10:59 warning misfit: `thing`: too old",
    ]


@pytest.mark.parametrize(
    ("raised", "state", "message"),
    [
        ("Retry('nobody is there')", "unreachable", "nobody is there"),
        ("Permanent('the key is refused')", "wrong", "the key is refused"),
        ("OSError(111, 'x')", "unreachable", "OSError: Connection refused"),
        ("KeyError('x')", "wrong", "the plugin's `probe` failed: KeyError: 'x'"),
        ("SystemExit(3)", "wrong", "the plugin's `probe` failed: SystemExit: 3"),
        ("Retry('no s3cret-GhJkLmNb, please')", "unreachable", "no ***, please"),
    ],
)
@pytest.mark.parametrize(
    "method", ["async def probe(self, uses)", "def probe(self, uses)", "async def open(self)"]
)
async def test_what_is_raised_is_told_at_the_destination(
    raised: str, state: str, message: str, method: str
) -> None:
    probe = "" if "probe" in method else "async def probe(self, uses): pass"
    found, told = await reach(f"{method}:\n    raise {raised}\n{probe}")
    message = message.replace("OSError: ", "ConnectionRefusedError: ")
    code = {"wrong": "misfit", "unreachable": "unreachable"}[state]
    assert told == [f"5:3 error {code}: `thing`: {message}"]
    assert [(one.state, one.said) for one in found] == [(state, message)]


@pytest.mark.parametrize("returned", ["'fine'", "Probed(None)", "Probed('x', ['y'])", "Probed('x', [Finding(5)])"])
async def test_an_answer_that_is_none_is_the_plugins_fault(returned: str) -> None:
    found, told = await reach(f"async def probe(self, uses):\n    return {returned}")
    assert [one.state for one in found] == ["wrong"]
    assert len(told) == 1
    assert "it has to return Probed" in told[0]


@pytest.mark.parametrize(
    "body",
    [
        "async def probe(self, uses):\n    await asyncio.sleep(60)",
        "async def open(self):\n    await asyncio.sleep(60)\nasync def probe(self, uses): pass",
        "async def close(self): await asyncio.sleep(60)\nasync def probe(self, uses): await asyncio.sleep(60)",
        "def probe(self, uses):\n    time.sleep(3)",
    ],
)
async def test_what_takes_too_long_is_unreachable(body: str) -> None:
    found, told = await reach(body, timeout=0.3)
    assert [(one.state, one.said) for one in found] == [("unreachable", "no answer within 0.3 s")]
    assert told == ["5:3 error unreachable: `thing`: no answer within 0.3 s"]


async def test_a_plugin_that_swallows_its_cancellation_holds_up_nobody() -> None:
    found, _ = await reach(
        """
        async def probe(self, uses):
            until = time.monotonic() + 8
            while time.monotonic() < until:
                try:
                    await asyncio.sleep(1)
                except asyncio.CancelledError:
                    pass
        """,
        timeout=0.2,
    )
    assert [one.state for one in found] == ["unreachable"]
    assert "does not end" in found[0].said


async def test_all_are_asked_at_the_same_time() -> None:
    """Each waits until all three have been asked."""
    routes = ROUTES.replace("routes:", "  b: {type: thing}\n  c: {type: thing}\nroutes:", 1)
    found, told = await reach(
        """
        waiting = []
        async def probe(self, uses):
            self.waiting.append(self)
            while len(self.waiting) < 3:
                await asyncio.sleep(0.01)
            return Probed(f"{len(uses)} uses")
        """,
        routes,
    )
    assert [(one.name, one.state, one.said) for one in found] == [
        ("thing", "ok", "1 uses"),
        ("b", "ok", "0 uses"),
        ("c", "ok", "0 uses"),
    ]
    assert told == []


async def test_routes_that_are_switched_off_are_left_out_and_on_dead_and_else_are_not() -> None:
    routes = (
        ROUTES.replace("name: all", "name: all\n    if: data.x").replace(
            "- thing:", "- name: first\n        thing:"
        )
        + "    else:\n      - {name: other, thing: {text: b}}\n    on_dead:\n      - thing: {text: c}\n"
        + "  - name: off\n    enabled: false\n    actions:\n      - thing: {text: d}\n"
        + "on_dead:\n  - thing: {text: e}\n"
    )
    found, _ = await reach(
        "async def probe(self, uses):\n    return Probed(' '.join(sorted(use.params['text'] for use in uses)))",
        routes,
    )
    assert [one.said for one in found] == ["b c e {{ data.x }}"]


async def test_a_destination_that_stands_in_no_file_is_asked_where_an_action_uses_it() -> None:
    routes = ROUTES.replace("  thing: {key: s3cret-GhJkLmNb, to: here}", "  {}")
    found, told = await reach(
        "async def probe(self, uses):\n    return Probed('x', [Finding('no', ('to',))])", routes
    )
    assert [one.name for one in found] == ["thing"]
    assert told == ["10:9 error misfit: `thing`: no"]


def rules(journal: str) -> tuple[Loaded, Ruleset]:
    loaded = load("", f"journal: {journal}\n{ROUTES}")
    assert loaded.ruleset is not None, list(loaded.problems)
    return loaded, loaded.ruleset


async def test_a_journal_that_can_be_made_is_fine_and_is_not_made() -> None:
    loaded, ruleset = rules("{url: 'sqlite:///router.db', min_free: 1KiB}")
    found = await look_at_journal(ruleset, loaded.problems)
    assert (found.name, found.state) == ("journal", "ok")
    assert not Path("router.db").exists()


async def test_a_journal_that_cannot_be_used_is_told_at_its_address() -> None:
    loaded, ruleset = rules("{min_free: 1KiB, url: 'sqlite:///none/router.db'}")
    found = await look_at_journal(ruleset, loaded.problems)
    assert found.state == "unreachable"
    (problem,) = loaded.problems
    assert (problem.code, problem.mark.line, problem.mark.column) == ("unreachable", 1, 32)
    assert "directory `none` does not exist" in problem.message
