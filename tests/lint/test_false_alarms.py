"""Nothing is told of configurations that are right: the example, and those of the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from router.config.made_up import made_up
from router.config.problem import Problems
from router.config.report import render
from router.lint import lint
from router.ruleset import Loaded, load_ruleset
from router.sources.provider import provider_names
from router.sources.samples import SAMPLES_MADE_AT, sample, sample_types
from tests.docs.examples import load_block
from tests.docs.pages import ROOT, Block, all_blocks
from tests.sources.test_samples import SECOND_HAND, real_payloads

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


PROVIDERS = [name for name in provider_names() if sample_types(name)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_field_of_a_sample_can_be_named(provider: str, tmp_path: Path) -> None:
    samples = {type_: [sample(provider, type_, SAMPLES_MADE_AT)] for type_ in sample_types(provider)}
    assert alarms(naming(provider, samples, tmp_path)) == []


@pytest.mark.parametrize("provider", ["clerk", "github"])
def test_every_field_of_a_real_payload_can_be_named(provider: str, tmp_path: Path) -> None:
    types = (type_ for type_ in sample_types(provider) if type_ not in SECOND_HAND)
    real = {type_: real_payloads(provider, type_) for type_ in types}
    # a payload that has what the samples lack makes templates that fail for the samples
    assert alarms(naming(provider, real, tmp_path), "fails-for-samples") == []


def naming(provider: str, payloads: Mapping[str, list[Any]], folder: Path) -> Loaded:
    """Return a configuration with a route for each type, that names every field of its payloads."""
    routes = []
    for number, (type_, found) in enumerate(payloads.items()):
        paths = sorted({path for payload in found for path in _paths(payload, "payload")})
        texts = " ".join(f"{{{{ {path.replace('.*', '[0]')} }}}}" for path in paths)
        conditions = "".join(f"      - '{path}': {{ne: null}}\n" for path in paths)
        routes.append(
            f"  - name: r{number}\n    source: s\n    event: {type_}\n    where:\n{conditions}"
            f"    actions: [slack: {{text: '{texts}'}}]\n"
        )
    (folder / "routes.yaml").write_text(
        f"version: 1\nsources: {{s: {{provider: {provider}, secret: whsec_{'QUFB' * 8}}}}}\n"
        'destinations: {slack: {webhook_url: "https://hooks.slack.com/services/T/B/x"}}\n'
        f"routes:\n{''.join(routes)}"
    )
    return load_ruleset(folder / "routes.yaml", {})


def _paths(value: object, path: str) -> list[str]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _paths(inner, f"{path}.{key}")]
    if isinstance(value, list):
        return [found for inner in value[:1] for found in _paths(inner, f"{path}.*")]
    return [path]
