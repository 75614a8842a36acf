"""Nothing is told of configurations that are right: the example, and those of the documentation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from router.config.made_up import made_up
from router.config.problem import Problems
from router.config.report import render
from router.lint import lint
from router.ruleset import Loaded, load_ruleset
from router.sources.provider import provider_names
from router.sources.samples import sample_types
from tests.docs.examples import load_block
from tests.docs.pages import ROOT, Block, all_blocks

WHOLE = [block for block in all_blocks("yaml") if block.marker.split(":")[0] in ("", "routes", "where")]


def alarms(loaded: Loaded, *apart: str) -> list[str]:
    """Return what is told of a configuration, but for some codes."""
    assert loaded.ruleset is not None, render(loaded.problems, loaded.texts)
    found = Problems()
    lint(loaded.ruleset, found)
    return [f"{p.mark} {p.code}: {p.message}" for p in found if p.code not in apart]


def test_the_example_raises_no_alarm() -> None:
    assert alarms(load_ruleset(ROOT / "routes.example.yaml", {}, made_up=made_up)) == []


@pytest.mark.parametrize("block", WHOLE, ids=lambda block: block.place)
def test_an_example_of_the_documentation_raises_no_alarm(block: Block, tmp_path: Path) -> None:
    # they show a part, beside sources and destinations that other parts use
    assert alarms(load_block(tmp_path, block), "unused") == []


@pytest.mark.parametrize("provider", [name for name in provider_names() if sample_types(name)])
def test_every_field_of_a_sample_can_be_named(provider: str, tmp_path: Path) -> None:
    routes = []
    for number, type_ in enumerate(sample_types(provider)):
        file = ROOT / "router/sources/samples" / provider / f"{type_.replace('/', '__')}.json"
        texts = " ".join(_templates(json.loads(file.read_text()), "payload"))
        conditions = "".join(
            f"      - '{path}': {{exists: true}}\n" for path in _paths(json.loads(file.read_text()), "payload")
        )
        routes.append(
            f"  - name: r{number}\n    source: s\n    event: {type_}\n    where:\n{conditions}"
            f"    actions: [slack: {{text: '{texts}'}}]\n"
        )
    text = (
        f"version: 1\nsources: {{s: {{provider: {provider}, secret: whsec_{'QUFB' * 8}}}}}\n"
        'destinations: {slack: {webhook_url: "https://hooks.slack.com/services/T/B/x"}}\n'
        f"routes:\n{''.join(routes)}"
    )
    (tmp_path / "routes.yaml").write_text(text)
    assert alarms(load_ruleset(tmp_path / "routes.yaml", {})) == []


def _paths(value: object, path: str) -> list[str]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _paths(inner, f"{path}.{key}")]
    if isinstance(value, list):
        return [found for inner in value[:1] for found in _paths(inner, f"{path}.*")]
    return [path]


def _templates(value: object, path: str) -> list[str]:
    return ["{{ " + found.replace(".*", "[0]") + " }}" for found in _paths(value, path)]
