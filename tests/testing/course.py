"""Routes and tests of them in the working directory, read and run by the real code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

from router.config.problem import Problems
from router.config.report import render
from router.testing.case import Case
from router.testing.outcome import Failure, Outcome
from router.testing.reading import read_tests
from router.testing.rules import Rules
from router.testing.runner import run

HEAD = """version: 1
sources:
  clerk: {provider: clerk, secret: "${CLERK_SECRET}"}
  github: {provider: github, secret: "${GITHUB_SECRET}"}
  app: {verify: none, type: $.type, id: $.id, time: $.at, data: $.data}
destinations:
  slack: {webhook_url: "${SLACK_URL}"}
  web: {type: http, base_url: "http://localhost:3000"}
routes:
"""
WELCOME = """
- name: welcome
  source: clerk
  event: user.created
  where: {data.first_name: Ada}
  actions:
    - slack: {text: "Hello {{ data.first_name }}"}
    - name: mail
      http: {path: /mail, json: {to: "{{ primary_email }}", tags: [new, "{{ data.id }}"]}}
      if: primary_email
- name: sessions
  source: clerk
  event: session.*
  actions:
    - slack: {text: "in: {{ data.user_id }}"}
"""


def write(tests: str, routes: str = WELCOME, name: str = "routes.test.yaml") -> Path:
    """Write `routes.yaml` with these routes, and a file with these tests."""
    Path("routes.yaml").write_text(HEAD + indent(dedent(routes).lstrip("\n"), "  "))
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"tests:\n{indent(dedent(tests), '  ')}")
    return path


def read(path: Path, environ: Mapping[str, str] | None = None) -> tuple[list[Case], Problems]:
    """Read a file of tests."""
    problems = Problems()
    rules = Rules(Path("routes.yaml"), environ or {}, problems)
    return read_tests(path, rules, problems), problems


def told(tests: str, routes: str = WELCOME) -> list[str]:
    """Return the mistakes of tests, lines counted from the first test's."""
    _, problems = read(write(tests, routes))
    above = 1 + tests.startswith("\n")
    return [
        f"{p.mark.line - above}:{p.mark.column - 2} {p.code}: {p.message}" + (f" ({p.hint})" if p.hint else "")
        for p in problems
    ]


def outcomes(tests: str, routes: str = WELCOME) -> list[Outcome]:
    """Return what came of tests that have no mistakes."""
    cases, problems = read(write(tests, routes))
    assert not problems.errors, render(problems)
    return [run(case) for case in cases]


def failures(tests: str, routes: str = WELCOME) -> list[Failure]:
    """Return everything that failed."""
    return [failure for outcome in outcomes(tests, routes) for failure in outcome.failures]


def said(tests: str, routes: str = WELCOME) -> list[str]:
    """Return what failed, as `subject: message`."""
    return [f"{failure.subject}: {failure.message}" for failure in failures(tests, routes)]
