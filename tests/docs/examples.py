"""Loads the configurations of the documentation: a file, or a part in the place it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from router.config.made_up import made_up
from router.ruleset import Loaded, Ruleset, load_ruleset
from tests.docs.pages import ROOT, Block, blocks

_BASE = {
    "sources": """
sources:
  clerk: {provider: clerk, secret: "${CLERK_WEBHOOK_SIGNING_SECRET}"}
  github: {provider: github, secret: "${GITHUB_SECRET}"}
  shopify: {provider: shopify, secret: "${SHOPIFY_SECRET}"}
""",
    "destinations": """
destinations:
  slack: {webhook_url: "${SLACK_WEBHOOK_URL}"}
  resend: {api_key: "${RESEND_API_KEY}", from: "Acme <hello@acme.dev>"}
  app: {type: http, base_url: "http://localhost:3000"}
  sql: {url: "sqlite:///app.db"}
""",
}
_FILES = {
    "emails/welcome.html": "<p>Hello {{ full_name }}</p>\n",
    "tables.sql": "create table if not exists users (clerk_id text primary key);\n",
    "secrets/acme": "a-secret-of-acme\n",
}


def prepare(folder: Path, page: Path) -> None:
    """Write the files that the examples of a page name."""
    for name, text in _FILES.items():
        _write(folder / name, text)
    _write(folder / "routes.example.sql", (ROOT / "routes.example.sql").read_text())
    write_files(folder, page)


def write_files(folder: Path, page: Path) -> None:
    """Write the files that a page shows."""
    for block in blocks(page):
        if block.marker.startswith("file: "):
            _write(folder / block.marker.removeprefix("file: "), block.text)


def load(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Loaded:
    """Load a configuration, with what it lacks of sources and destinations added."""
    given = yaml.safe_load(text) or {}
    missing = [part for name, part in _BASE.items() if name not in given]
    file = folder / "routes.yaml"
    _write(file, "\n".join([text, *missing]))
    return load_ruleset(file, environ or {}, made_up=made_up)


def load_block(folder: Path, block: Block) -> Loaded:
    """Load an example of a page."""
    prepare(folder, block.page)
    kind = block.marker.split(":")[0]
    inside = {
        "routes": "routes:\n{2}",
        "actions": "routes:\n  - name: example\n    source: clerk\n    actions:\n{6}",
        "where": "routes:\n  - name: example\n    where:\n{6}\n    actions: [slack: {text: hello}]",
    }.get(kind)
    if inside is None:
        return load(folder, block.text)
    for depth in (2, 6):
        indented = "\n".join(" " * depth + line for line in block.text.rstrip().split("\n"))
        inside = inside.replace(f"{{{depth}}}", indented)
    return load(folder, inside)


def ruleset(loaded: Loaded) -> Ruleset:
    """Return the rules; fails with the problems where there are any, warnings too."""
    assert [f"{problem.mark}: {problem.message}" for problem in loaded.problems] == []
    assert loaded.ruleset is not None
    return loaded.ruleset


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
