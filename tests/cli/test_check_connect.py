"""`router check --connect` in a process of its own: what it prints, and how it ends."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.vendors.app import AppVendor
from tests.vendors.slack import TOKEN, SlackVendor

SECRET = "whsec_" + "QUFB" * 8


def write(folder: Path, destinations: str, *actions: str) -> None:
    """Write a file of one route that names each action after its number."""
    listed = "".join(f"      - {{name: a{n}, {action}}}\n" for n, action in enumerate(actions))
    (folder / "routes.yaml").write_text(
        f"journal: {{url: 'sqlite:///router.db', min_free: 1KiB}}\n"
        f"sources: {{clerk: {{provider: clerk, secret: {SECRET}}}}}\n"
        f"destinations:\n{destinations}"
        f"routes:\n  - name: users\n    source: clerk\n    event: user.created\n    actions:\n{listed}"
    )


async def check(folder: Path, *more: str) -> tuple[int, str]:
    """Run the command; return how it ended, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "router", "check", "--connect", *more),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        printed, _ = await process.communicate()
    assert process.returncode is not None
    text = printed.decode()
    assert "Traceback" not in text
    assert TOKEN not in text
    return process.returncode, text


def make_table(folder: Path) -> None:
    with sqlite3.connect(folder / "app.db") as connection:
        connection.execute("create table users (clerk_id text primary key, email text)")
    connection.close()


UPSERT = 'sql: {upsert: users, key: clerk_id, values: {clerk_id: "{{ data.id }}", %s: "{{ primary_email }}"}}'


async def test_where_everything_answers_it_says_what_and_ends_with_0(tmp_path: Path) -> None:
    make_table(tmp_path)
    async with SlackVendor() as slack, AppVendor() as app:
        slack.channels = [{"id": "C0LAN2Q65", "name": "new", "is_member": True}]
        places = (
            f"  app: {{type: http, base_url: '{app.url}'}}\n"
            f"  slack: {{token: {TOKEN}, base_url: '{slack.api_url}'}}\n"
            "  sql: {url: 'sqlite:///app.db'}\n"
        )
        actions = (UPSERT % "email", "slack: {channel: '#new', text: x}", "http: {path: /x}")
        write(tmp_path, places, *actions)
        code, printed = await check(tmp_path)
        assert code == 0, printed
        assert (slack.messages, app.received) == ([], [])
    lines = [line.split(maxsplit=2) for line in printed.splitlines()]
    assert lines[0] == ["journal", "ok", "the file `router.db` can be made"]
    assert lines[1] == ["app", "ok", f"{app_host(printed)} answers, and was sent nothing"]
    assert lines[2] == ["slack", "ok", "bot `router` of the team `Acme`"]
    assert lines[3][:2] == ["sql", "ok"]
    assert lines[-1][:3] == ["routes.yaml", "is", "fine: 1 source, 1 route"]
    assert not (tmp_path / "router.db").exists()


def app_host(printed: str) -> str:
    return next(word for word in printed.split() if word.startswith("127.0.0.1:"))


async def test_a_wrong_column_ends_with_1_and_stands_under_its_key(tmp_path: Path) -> None:
    make_table(tmp_path)
    write(tmp_path, "  sql: {url: 'sqlite:///app.db'}\n", UPSERT % "emial")
    code, printed = await check(tmp_path)
    assert code == 1
    line = next(line for line in printed.splitlines() if "emial:" in line)
    carets = printed.splitlines()[printed.splitlines().index(line) + 1]
    assert line[carets.index("^") : carets.rindex("^") + 1] == "emial"
    assert "did you mean `email`?" in printed
    assert "1 error, 0 warnings" in printed


async def test_what_cannot_be_reached_ends_with_3_and_beside_a_mistake_with_1(tmp_path: Path) -> None:
    port = free_port()
    app = f"  app: {{type: http, base_url: 'http://127.0.0.1:{port}'}}\n"
    write(tmp_path, app, "http: {path: /x}")
    code, printed = await check(tmp_path)
    assert code == 3
    assert f"no connection to 127.0.0.1:{port}: nothing listens there [unreachable]" in printed
    make_table(tmp_path)
    write(tmp_path, app + "  sql: {url: 'sqlite:///app.db'}\n", UPSERT % "emial", "http: {path: /x}")
    assert (await check(tmp_path))[0] == 1


async def test_a_file_with_errors_is_not_connected_for(tmp_path: Path) -> None:
    write(tmp_path, f"  app: {{type: http, base_url: 'http://127.0.0.1:{free_port()}'}}\n", "htp: {path: /x}")
    code, printed = await check(tmp_path)
    assert code == 1
    assert "unreachable" not in printed
    assert "--connect needs a configuration without errors" in printed


async def test_what_is_made_up_is_not_connected_with(tmp_path: Path) -> None:
    write(tmp_path, "  http: {}\n", "http: {url: 'http://127.0.0.1:1/'}")
    code, printed = await check(tmp_path, "--made-up")
    assert code == 2
    assert "opens no door" in printed


async def test_scripts_get_it_in_json(tmp_path: Path) -> None:
    write(tmp_path, "  sql: {url: 'sqlite:///app.db'}\n  quiet: {type: http}\n", UPSERT % "email")
    code, printed = await check(tmp_path, "--json")
    assert code == 3
    told: dict[str, Any] = json.loads(printed)
    assert told["ok"] is False
    assert [one["code"] for one in told["problems"]] == ["unreachable", "unused"]
    assert told["journal"] == {"state": "ok", "said": "the file `router.db` can be made"}
    assert [(one["name"], one["plugin"], one["state"], one["asked"]) for one in told["destinations"]] == [
        ("sql", "sql", "unreachable", 1),
        ("quiet", "http", "unchecked", 0),
    ]


HANGING = '''
"""A plugin that never ends."""
import asyncio, threading, time
from router.plugin import Action, Model

class Config(Model):
    """Config."""

class Params(Model):
    """Params."""

class Hanging(Action[Config, Params]):
    """Hangs."""
    name = "hanging"
    Config = Config
    Params = Params
    def open(self):
        threading.Thread(target=time.sleep, args=(600,)).start()
    def probe(self, uses):
        print("a plugin that prints", flush=True)
    async def execute(self, params, delivery): ...
'''


async def test_a_thread_that_a_plugin_leaves_behind_does_not_keep_the_command_from_ending(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "hanging.py").write_text(HANGING)
    write(tmp_path, "  hanging: {}\n", "hanging: {}")
    (tmp_path / "routes.yaml").write_text("plugins: [./plugins]\n" + (tmp_path / "routes.yaml").read_text())
    started = time.monotonic()
    code, printed = await check(tmp_path)
    assert code == 0, printed
    assert "routes.yaml is fine" in printed
    assert time.monotonic() - started < 50


@pytest.mark.parametrize("colour", [True, False])
def test_a_line_for_each_is_coloured_where_a_person_looks(colour: bool) -> None:
    from router.cli.check_connect import Reached
    from router.connect import Connection

    reached = Reached(
        Connection("journal", "", "ok", "fine", 0), [Connection("a\x1b[2J", "http", "wrong", "x\ny", 1)]
    )
    text = reached.as_text(color=colour)
    assert "\x1b[2J" not in text
    assert len(text.splitlines()) == 2
    assert ("\x1b[31m" in text) == colour
