"""Every configuration in the documentation loads, and every template and condition comes to what its page says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from router.cli.main import main
from router.config.problem import Problems
from router.config.report import render
from router.config.yaml import parse
from router.lint import lint
from router.model import DeliveryState, Event
from router.routing.condition import compile_where
from tests.docs.examples import load, load_block, prepare, ruleset
from tests.docs.pages import PAGES, ROOT, Block, all_blocks, blocks, code, tables

CONFIGS = [block for block in all_blocks("yaml") if block.marker != "tests"]
TESTS = [block for block in all_blocks("yaml") if block.marker == "tests"]
TOLD = ("refused: ", "warned: ")


def _marked(marker: str) -> list[Any]:
    return [pytest.param(page, row, id=f"{page.stem}: {row[0]}") for page in PAGES for row in tables(page, marker)]


@pytest.mark.parametrize("block", [b for b in CONFIGS if not b.marker.startswith(TOLD)], ids=lambda b: b.place)
def test_an_example_loads_without_a_problem(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if block.marker.startswith("file: ") and not re.search("(?m)^routes:", block.text):
        return  # used by another example of its page
    ruleset(load_block(tmp_path, block))


@pytest.mark.parametrize("block", [b for b in CONFIGS if b.marker.startswith(TOLD)], ids=lambda b: b.place)
def test_an_example_of_a_mistake_is_told_as_its_page_says(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kind, _, said = block.marker.partition(": ")
    loaded = load_block(tmp_path, block)
    if loaded.ruleset is not None:
        lint(loaded.ruleset, loaded.problems)
    assert said in render(loaded.problems, loaded.texts)
    assert bool(loaded.problems.errors) is (kind == "refused")


@pytest.mark.parametrize("block", TESTS, ids=lambda b: b.place)
def test_an_example_of_tests_passes(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, block.page)
    Path("routes.test.yaml").write_text(block.text)
    assert main(["test"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", ["routes.example.yaml"])
def test_the_shipped_example_loads(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, ROOT / "README.md")
    ruleset(load(tmp_path, (ROOT / name).read_text()))


def event_of(page: Path) -> dict[str, Any]:
    """Return the payload that a page's tables are about."""
    found = [block.text for block in blocks(page) if block.language == "json" and block.marker == "event"]
    payload: dict[str, Any] = json.loads(found[0])
    return payload


def names_of(payload: dict[str, Any]) -> dict[str, Any]:
    event = {
        "id": "msg_1",
        "type": payload["type"],
        "source": "clerk",
        "time": "2026-01-15T12:00:00.000Z",
        "received_at": "2026-01-15T12:00:01.000Z",
    }
    return {"data": payload["data"], "payload": payload, "event": event, "headers": {}, "query": {}}


@pytest.mark.parametrize(("page", "row"), _marked("verdicts"))
def test_a_condition_holds_or_fails_as_its_page_says(page: Path, row: list[str]) -> None:
    problems = Problems()
    node = parse(code(row[0]) + "\n", "page.yaml", problems)
    assert node is not None
    condition = compile_where(node, problems)
    assert [problem.message for problem in problems] == []
    assert condition is not None
    assert row[1] in ("holds", "fails")
    assert condition.holds(names_of(event_of(page)), event_of(page)) is (row[1] == "holds")


@pytest.mark.parametrize(("page", "row"), _marked("renders"))
def test_a_template_comes_to_what_its_page_says(
    page: Path, row: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row holds a template, the field it stands in (`json` where there is none), and the result as JSON."""
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, page)
    template, field, result = (row[0], row[1], row[2]) if len(row) > 2 else (row[0], "`json`", row[1])
    action, path = FIELDS[code(field)]
    inner: Any = code(template)
    for key in reversed(path):
        inner = {key: inner}
    route = {"name": "page", "source": "clerk", "actions": [{action: {**NEEDED[action], **inner}}]}
    if action == "http":
        route["actions"][0]["destination"] = "app"  # type: ignore[index]
    rules = ruleset(load(tmp_path, yaml.safe_dump({"routes": [route]}, allow_unicode=True)))
    (delivery,) = rules.plan(_event(event_of(page))).deliveries
    if code(result) == result:  # words: it fails, and the reason says so
        assert delivery.state is DeliveryState.DEAD
        assert result.removeprefix("dead: ") in (delivery.reason or "")
        return
    assert delivery.state is DeliveryState.READY, delivery.reason
    rendered = json.loads(delivery.params)
    for key in path[:-1]:
        rendered = rendered[key]
    wanted = code(result)
    if wanted == "(no key)":
        assert path[-1] not in rendered
    else:
        assert rendered[path[-1]] == json.loads(wanted)


FIELDS = {
    "json": ("http", ["json", "value"]),
    "slack.text": ("slack", ["text"]),
    "resend.html": ("resend", ["html"]),
    "resend.subject": ("resend", ["subject"]),
    "http.path": ("http", ["path"]),
    "http.headers": ("http", ["headers", "X-Name"]),
}
NEEDED: dict[str, dict[str, Any]] = {
    "http": {"path": "/x"},
    "slack": {},
    "resend": {"to": "a@example.com", "subject": "s", "text": "t"},
}


def _event(payload: dict[str, Any]) -> Event:
    return Event(
        uid="evt_1",
        source="clerk",
        id="msg_1",
        type=str(payload["type"]),
        time=datetime(2026, 1, 15, 12, tzinfo=UTC),
        received_at=datetime(2026, 1, 15, 12, 0, 1, tzinfo=UTC),
        body=json.dumps(payload).encode(),
        payload=payload,
        data=payload["data"],
    )


def test_every_yaml_example_has_a_marker_that_is_known() -> None:
    known = re.compile(r"|routes|actions|where|tests|(refused|warned|file): .+")
    assert [block.place for block in all_blocks("yaml") if not known.fullmatch(block.marker)] == []
