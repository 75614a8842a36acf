"""Dotted paths: what they select, why nothing, and what they may not be."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from router.jsonpath import PathError, compile_dotted

NAMES: dict[str, Any] = {
    "data": {
        "id": "user_1",
        "nothing": None,
        "emails": [{"id": "e1", "a.b": 1}, {"id": "e2"}, {}],
        "labels": {"one": {"name": "bug"}, "0": {"name": "zero"}},
        "grid": [[1, 2], [3]],
        "empty": [],
        "größe": 3,
        "x-y": 4,
    },
    "payload": [{"id": 1}, {"id": 2}],
    "event": {"id": "msg_1", "type": "user.created"},
    "headers": {"x-github-event": "push"},
    "query": {"Shop": "acme"},
}

SELECTIONS: list[tuple[str, list[Any]]] = [
    ("data", [NAMES["data"]]),
    ("data.id", ["user_1"]),
    ("data['id']", ["user_1"]),
    ('data["id"]', ["user_1"]),
    ("data.missing", []),
    ("data.id.x", []),
    ("data.id.0", []),
    ("data.nothing", [None]),
    ("data.nothing.x", []),
    ("data.emails.0.id", ["e1"]),
    ("data.emails[0].id", ["e1"]),
    ("data.emails[-1]", [{}]),
    ("data.emails.3", []),
    ("data.emails[-4]", []),
    ("data.emails.*.id", ["e1", "e2"]),
    ("data.emails[*].id", ["e1", "e2"]),
    ("data.emails.id", []),
    ("data.emails.*['a.b']", [1]),
    ("data.labels.*.name", ["bug", "zero"]),
    ("data.labels.0.name", ["zero"]),
    ("data.labels[0].name", []),
    ("data.grid.*.*", [1, 2, 3]),
    ("data.grid.1.0", [3]),
    ("data.empty.*", []),
    ("data.id.*", []),
    ("data.größe", [3]),
    ("data.x-y", [4]),
    ("payload.*.id", [1, 2]),
    ("payload[1].id", [2]),
    ("event.type", ["user.created"]),
    ("headers.X-GitHub-Event", ["push"]),
    ("headers['X-GitHub-Event']", ["push"]),
    ("headers.missing", []),
    ("headers.*", ["push"]),
    ("query.shop", ["acme"]),
    ("query.Shop", ["acme"]),
    ("query[0]", []),
]


@pytest.mark.parametrize(("text", "expected"), SELECTIONS, ids=[text for text, _ in SELECTIONS])
def test_a_dotted_path_selects_the_values_it_names(text: str, expected: list[Any]) -> None:
    path = compile_dotted(text)
    assert path.select(NAMES) == expected
    assert path.text == text
    assert path.root == text.split(".")[0].split("[")[0]


def test_headers_may_be_any_mapping() -> None:
    assert compile_dotted("headers.X-A").select({"headers": MappingProxyType({"x-a": "1"})}) == ["1"]
    assert compile_dotted("headers.*").select({"headers": MappingProxyType({"x-a": "1"})}) == ["1"]


def test_a_name_that_is_not_there_selects_nothing() -> None:
    assert compile_dotted("query.a").select({}) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("data.missing", "`data` has no `missing`"),
        ("data.ID", "`data` has no `ID`; there is `id`"),
        ("data.email.0", "`data` has no `email`; there is `emails`"),
        ("data.emails[0].idd.x", "`data.emails[0]` has no `idd`; there is `id`"),
        ("data.emails.7", "`data.emails` has only 3 elements"),
        ("data.emails.id", "`data.emails` is a list: write `*` or an index before `id`"),
        ("data.empty[0]", "`data.empty` is an empty list"),
        ("data.empty.*.id", "`data.empty` has nothing for `*`"),
        ("data.emails.*.nope", "no element has the rest of it"),
        ("data.nothing.x", "`data.nothing` is null"),
        ("data.id.x", "`data.id` is a single value, with nothing inside"),
        ("data.labels[1]", "`data.labels` is an object, not a list"),
        ("headers.x-gitlab-event", "`headers` has no `x-gitlab-event`; there is `x-github-event`"),
        ("query.shop.x", "`query.shop` is a single value, with nothing inside"),
    ],
)
def test_it_says_where_the_path_ends(text: str, reason: str) -> None:
    path = compile_dotted(text)
    assert path.select(NAMES) == []
    assert path.stops_at(NAMES) == reason


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("", 0, "a path begins with", "data."),
        ("role", 0, "not with `role`", "`data.role`"),
        ("dat.role", 0, "not with `dat`", "did you mean `data`?"),
        ("header.x", 0, "not with `header`", "did you mean `headers`?"),
        ("data.", 4, "must follow the dot", None),
        ("data.a..b", 6, "`..` needs a JSONPath", "begin with `$`"),
        ("data.a[?@.b]", 6, "a filter needs a JSONPath", "begin with `$`"),
        ("data.a[b]", 6, "a bracket holds", "write `[0]`"),
        ("data.a[0", 6, "a bracket holds", "write `[0]`"),
        ("data.a.[0]", 6, "a dot too many", None),
        (r"data['a\'b']", 7, "a backslash", None),
        ("data.a b", 6, "` ` cannot stand here", "no blanks"),
        ("data.a == 1", 6, "` ` cannot stand here", "no expression"),
        ("data.a:b", 6, "`:` cannot stand here", "['a:b']"),
        ("data.$ref", 5, "`$` cannot stand in a name", "['$ref']"),
        ("data.a(1)", 6, "`(` cannot stand here", "no expression"),
    ],
)
def test_what_is_not_a_dotted_path_is_told_at_its_place(
    text: str, offset: int, message: str, hint: str | None
) -> None:
    with pytest.raises(PathError) as caught:
        compile_dotted(text)
    assert message in caught.value.message
    assert caught.value.offset == offset
    assert (hint is None) == (caught.value.hint is None)
    assert hint is None or hint in (caught.value.hint or "")


def test_a_dotted_path_has_its_bounds() -> None:
    compile_dotted("data" + ".a" * 64)
    with pytest.raises(PathError, match="64 steps"):
        compile_dotted("data" + ".a" * 65)
