"""The line and column of what a reason is about."""

from __future__ import annotations

import pytest

from router.explaining.excerpt import excerpt

TEXTS = {
    "routes.yaml": 'routes:\n  - vars: {a: "{{ data.x }}"}\n    text: |\n'
    "      one {{ data.id }}\n      two {{ data.idd }}\n",
    "mails/hello.html": "<p>{{ data.name }}</p>",
}


@pytest.mark.parametrize(
    ("reason", "file", "line", "marked"),
    [
        ("routes.yaml:5: `text`: `data.idd` is missing: `data` has no `idd`", "routes.yaml", 5, "data.idd"),
        ("routes.yaml:4: `text`: `data.idd` is missing", "routes.yaml", 5, "data.idd"),
        ("routes.yaml:4: `text`: routes.yaml:2: `vars.a`: `data.x` is missing", "routes.yaml", 2, "data.x"),
        ("mails/hello.html:1: `html`: `data.name` is missing", "mails/hello.html", 1, "data.name"),
        ("routes.yaml:4: `text`: something else", "routes.yaml", 4, "one {{ data.id }}"),
        ("`if` failed: routes.yaml:2: `if`: `data.x` is missing", "routes.yaml", 2, "data.x"),
    ],
)
def test_the_place_is_the_one_of_the_cause(reason: str, file: str, line: int, marked: str) -> None:
    found = excerpt(reason, TEXTS)
    assert found is not None
    assert (found["file"], found["line"]) == (file, line)
    start = found["column"] - 1
    assert found["text"][start : start + found["length"]] == marked


@pytest.mark.parametrize("reason", [None, "", "it goes too deep", "other.yaml:1: x", "routes.yaml:99: x"])
def test_a_reason_without_a_place_has_none(reason: str | None) -> None:
    assert excerpt(reason, TEXTS) is None
