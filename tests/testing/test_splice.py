"""Values changed in place: whatever is not changed stays byte for byte, and a wrong change is never written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.config.node import plain
from router.config.problem import Problems
from router.config.yaml import parse
from router.testing.outcome import Edit
from router.testing.splice import Unspliceable, splice

BLOCK = """# top
tests:
  - name: a     # its name
    expect:     # of a
      # the routes
      routes:
        - users     # first
        - welcome   # second
      actions:
        welcome/slack: {text: "old"}    # shown
        welcome/mail:
          html: |
            old
            lines
          # end of a

  # b comes
  - name: b
    event: x    # no more
# end
"""


def changed(text: str, *edits: tuple[tuple[str | int, ...], Any]) -> str:
    return splice(text, [Edit(("tests", *path), value) for path, value in edits])


def test_a_value_is_changed_and_nothing_else() -> None:
    assert changed(BLOCK, ((0, "expect", "actions", "welcome/slack", "text"), "it's: new")) == BLOCK.replace(
        '"old"', '"it\'s: new"'
    )
    assert changed(BLOCK, ((0, "expect", "actions", "welcome/mail", "html"), "new\nlines\n")) == BLOCK.replace(
        "old\n", "new\n"
    )
    assert changed(BLOCK, ((0, "expect", "actions", "welcome/slack"), None)) == BLOCK.replace(
        '{text: "old"}', "null"
    )


def test_lines_of_a_list_go_and_come_with_their_comments() -> None:
    assert changed(BLOCK, ((0, "expect", "routes"), ["welcome", "new"])) == BLOCK.replace(
        "        - users     # first\n", ""
    ).replace("# second\n", "# second\n        - new\n")
    assert changed(BLOCK, ((0, "expect", "routes"), [])) == BLOCK.replace(
        "routes:\n        - users     # first\n        - welcome   # second", "routes: []   # second"
    )


def test_what_a_test_lacks_is_added_behind_its_last_line() -> None:
    value = {"routes": ["users"], "actions": {"users/save": {"text": "a\nb\n", "count": 1}}}
    assert changed(BLOCK, ((1, "expect"), value)) == BLOCK.replace(
        "# no more\n",
        """# no more
    expect:
      routes: [users]
      actions:
        users/save:
          text: |
            a
            b
          count: 1
""",
    )


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("tests:\n  - a: b\n    expect:\n", "tests:\n  - a: b\n    expect:\n      routes: [x]\n"),
        ("tests:\n  - a: b\n    expect: # c\n", "tests:\n  - a: b\n    expect: # c\n      routes: [x]\n"),
        ("tests:\n  - expect: {}   # c\n", "tests:\n  - expect:\n      routes: [x]   # c\n"),
        ("tests:\n  - a: b", "tests:\n  - a: b\n    expect:\n      routes: [x]"),
        ("tests: [{a: b}] # c\n", "tests: [{a: b, expect: {routes: [x]}}] # c\n"),
        ("tests:\n  - {\n    a: b, # c\n  }\n", "tests:\n  - {\n    a: b, expect: {routes: [x]}, # c\n  }\n"),
        ("tests:\r\n- a: b\r\n", "tests:\r\n- a: b\r\n  expect:\r\n    routes: [x]\r\n"),
        (
            "\ufefftests: [{a: '\xe9\U0001f600'}]",
            "\ufefftests: [{a: '\xe9\U0001f600', expect: {routes: [x]}}]",
        ),
    ],
)
def test_every_form_of_a_test_can_be_filled_in(text: str, result: str) -> None:
    assert changed(text, ((0, "expect"), {"routes": ["x"]})) == result


def test_an_edit_below_another_is_dropped() -> None:
    text = "tests: [{expect: {routes: [a]}}]\n"
    found = changed(text, ((0, "expect"), {"routes": []}), ((0, "expect", "routes"), ["x"]))
    assert found == "tests: [{expect: {routes: []}}]\n"


@pytest.mark.parametrize(
    "text",
    [
        "x-a: &a {routes: [b]}\ntests: [{expect: *a}]\n",
        "x-a: &a {expect: {routes: [b]}}\ntests:\n- <<: *a\n  name: c\n",
        "tests:\n- expect: &a {routes: [b]}\n- expect: *a\n",
    ],
)
def test_what_others_share_is_left_alone(text: str) -> None:
    with pytest.raises(Unspliceable):
        changed(text, ((0, "expect", "routes"), ["x"]))


def test_a_file_that_became_another_one_is_left_alone() -> None:
    with pytest.raises(Unspliceable, match="meanwhile"):
        changed("tests: []\n", ((3, "expect"), {}))
    with pytest.raises(Unspliceable):
        changed("tests: [\n", ((0, "expect"), {}))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(VALUES, st.sampled_from([BLOCK, BLOCK.replace("\n", "\r\n")]))
def test_any_value_is_read_back_as_it_was_written(value: Any, text: str) -> None:
    for path in (
        (0, "expect", "actions", "welcome/slack"),
        (0, "expect", "routes"),
        (1, "new"),
        (0, "expect", "actions", "welcome/mail", "html"),
    ):
        node = parse(changed(text, (path, value)), "t", Problems())
        assert node is not None
        found = plain(node)["tests"]
        for step in path:
            found = found[step]
        assert found == value
