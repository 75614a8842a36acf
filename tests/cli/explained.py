"""`router explain` as a person runs it: in a folder with a configuration, with what it printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from router.cli.main import main

ROUTES = """
version: 1
sources:
  clerk: {provider: clerk, secret: "${CLERK_SECRET_OF_THIS_TEST}"}
  github: {provider: github, secret: a-github-secret}
destinations:
  slack: {webhook_url: "https://hooks.slack.com/services/T/B/secret-path-of-it"}
  web: {type: http, base_url: "http://localhost:3000", rate: 30/m, breaker: false}
routes:
"""
HI = "    actions: [{slack: {text: hi}}]\n"


class Desk:
    """Runs the command; `code` is the exit code of the last one."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.code = 0

    def routes(self, text: str) -> None:
        """Write the configuration."""
        (self.folder / "routes.yaml").write_text(ROUTES + text)

    def both(self, *words: str) -> tuple[str, str]:
        """Run, and return both outputs."""
        self._capsys.readouterr()
        self.code = main(["explain", *words])
        out = self._capsys.readouterr()
        return out.out, out.err

    def text(self, *words: str) -> str:
        """Run, and return what a person reads."""
        out, err = self.both(*words)
        assert err == ""
        return out

    def error(self, *words: str) -> str:
        """Run, and return why it ended."""
        out, err = self.both(*words)
        assert out == ""
        return err

    def json(self, *words: str) -> dict[str, Any]:
        """Run, and return the object."""
        found: dict[str, Any] = json.loads(self.text(*words, "--json"))
        return found

    def told(self, *words: str) -> str:
        """Run, and return what is said of the routes, without the margin that all lines have."""
        text = self.text(*words)
        return text.split("\n\n", 3)[-1]
