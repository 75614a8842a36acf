"""Loads the examples of the pages on problems, each in a folder of its own, as `router check` would."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from router.config.codes import GROUPS, page_name, severity
from router.config.problem import Problems
from router.config.report import render
from router.connect import connect
from router.lint import lint
from router.ruleset import Loaded, load_ruleset
from router.running import client_session
from router.testing.reading import read_tests
from router.testing.rules import Rules
from tests.docs.pages import PROBLEMS, Block, blocks

#: What an example may use without defining it; what it does not name is left out.
_AROUND = {
    "sources": {
        "clerk": '{provider: clerk, secret: "${CLERK_WEBHOOK_SIGNING_SECRET}"}',
        "shopify": '{provider: shopify, secret: "${SHOPIFY_SECRET}"}',
    },
    "destinations": {
        "slack": '{webhook_url: "${SLACK_WEBHOOK_URL}"}',
        "resend": '{api_key: "${RESEND_API_KEY}", from: "Acme <hello@acme.dev>"}',
        "app": '{type: http, base_url: "http://localhost:3000"}',
    },
}
_CONNECTED = ("unreachable", "misfit")  #: told with `--connect` only
_PLUGINS = {"app": "http"}
#: What the tests are about, on pages of mistakes in tests.
_ROUTES = """routes:
  - name: welcome
    source: clerk
    event: user.created
    actions: [slack: {text: "Hello {{ data.first_name }}"}]
"""
_ENVIRON = {
    "CLERK_WEBHOOK_SIGNING_SECRET": "whsec_" + "QUFB" * 8,
    "GITHUB_SECRET": "a-github-secret",
    "SHOPIFY_SECRET": "a-shopify-secret",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x",
    "RESEND_API_KEY": "re_123456",
}


def page_of(code: str) -> Path:
    """Return the page of a code."""
    return next(page for page in PROBLEMS if page.stem == code)


def load(page: Path, kind: str) -> Loaded:
    """Load the `wrong` or the `right` example of a page."""
    files: dict[str, str] = {}
    for block in blocks(page):
        if block.marker.startswith("file: "):
            files[block.marker.removeprefix("file: ")] = block.text
        elif block.marker == kind:
            return _load(files, block)
        else:
            files = {}
    raise AssertionError(f"{page.name} has no {kind} example")


def _load(files: dict[str, str], block: Block) -> Loaded:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, text in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text)
        if re.search(r"(?m)^tests:", block.text):
            return _load_tests(block)
        Path("routes.yaml").write_text(block.text + _around(block.page.read_text(), block.text))
        loaded = load_ruleset(Path("routes.yaml"), _ENVIRON)
        if loaded.ruleset is not None:
            found = Problems()
            lint(loaded.ruleset, found)
            for one in found:
                if one.code != "unused" or block.page.stem == "unused":  # what stands around is for all pages
                    loaded.problems.warning(one.code, one.mark, one.message, one.hint)
        if block.page.stem in _CONNECTED:
            asyncio.run(_reach(files, loaded))
        return loaded


async def _reach(files: dict[str, str], loaded: Loaded) -> None:
    """Reach the destinations too, in a folder with the databases that the scripts of the page make."""
    for name, script in files.items():
        with contextlib.closing(sqlite3.connect(Path(name).with_suffix(".db"))) as database:
            database.executescript(script)
    assert loaded.ruleset is not None
    async with client_session() as http:
        await connect(loaded.ruleset, http, loaded.problems, datetime(2026, 1, 15, 12, tzinfo=UTC))


def _load_tests(block: Block) -> Loaded:
    """Load a file of tests, beside the routes that all of these pages are about."""
    Path("routes.yaml").write_text(_ROUTES + _around(_ROUTES, _ROUTES))
    Path("routes.test.yaml").write_text(block.text)
    problems = Problems()
    read_tests(Path("routes.test.yaml"), Rules(Path("routes.yaml"), _ENVIRON, problems), problems)
    return Loaded(load_ruleset(Path("routes.yaml"), _ENVIRON).ruleset, problems, None)


def _around(page: str, text: str) -> str:
    sections = []
    for section, entries in _AROUND.items():
        used = [name for name in entries if re.search(rf"\b{_PLUGINS.get(name, name)}\b|\b{name}\b", page)]
        if used and not re.search(rf"(?m)^{section}:", text):
            sections.append(f"{section}:\n" + "".join(f"  {name}: {entries[name]}\n" for name in used))
    return "".join(sections)


def told(code: str) -> str:
    """Return what `check` says of the wrong example of a code."""
    loaded = load(page_of(code), "wrong")
    return render(loaded.problems, loaded.texts).rstrip()


def index() -> str:
    """Return the table of all codes."""
    parts = []
    for group, codes in GROUPS.items():
        rows = [f"## {group}", "", "| code | is | meaning |", "|---|---|---|"]
        for code, title in codes.items():
            rows.append(f"| [`{code}`]({page_name(code).partition('/')[2]}) | {severity(code)} | {title} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)
