"""A test at the end of a file of tests, whose other bytes stay."""

from __future__ import annotations

import pytest

from router.testing.append import appended, new_file
from router.testing.splice import Unspliceable

CASE = {"name": "new", "event": "clerk/user.created", "expect": {"routes": ["a"]}}
ITEM = """- name: new
    event: clerk/user.created
    expect: {routes: [a]}"""


def test_a_new_file_has_the_test_alone() -> None:
    assert new_file(CASE) == f"tests:\n  {ITEM}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"tests:\n  {ITEM}\n"),
        ("tests:\n", f"tests:\n  {ITEM}\n"),
        ("tests: []  # none yet\n", f"tests:  # none yet\n  {ITEM}\n"),
        ("env: {A: b}\ntests:\n  - name: x\n", f"env: {{A: b}}\ntests:\n  - name: x\n\n  {ITEM}\n"),
        ("tests:\n  - name: x\n  - name: y\n", f"tests:\n  - name: x\n  - name: y\n  {ITEM}\n"),
        ("tests:\n  - name: x\n\n  - name: y\n", f"tests:\n  - name: x\n\n  - name: y\n\n  {ITEM}\n"),
        (
            "tests:\n  - name: x  # why\n# about env\nenv: {A: b}\n",
            f"tests:\n  - name: x  # why\n\n  {ITEM}\n# about env\nenv: {{A: b}}\n",
        ),
        ("tests:\n  - name: x\n    set: {a: |-\n      }", None),
        (
            "tests:\n  - name: |\n      x\n      # no comment\n",
            f"tests:\n  - name: |\n      x\n      # no comment\n\n  {ITEM}\n",
        ),
        ("tests:\r\n  - name: x\r\n", f"tests:\n  - name: x\n\n  {ITEM}\n".replace("\n", "\r\n")),
        ("\ufefftests:\n  - name: x\n", f"\ufefftests:\n  - name: x\n\n  {ITEM}\n"),
        ("tests:\n  - name: x", f"tests:\n  - name: x\n\n  {ITEM}"),
    ],
)
def test_everything_else_stays_byte_for_byte(before: str, after: str | None) -> None:
    if after is None:
        with pytest.raises(Unspliceable):
            appended(before, CASE)
    else:
        assert appended(before, CASE) == after


def test_a_list_without_indentation_gets_a_test_without_one() -> None:
    assert appended("tests:\n- name: x\n", CASE).endswith(
        "\n\n- name: new\n  event: clerk/user.created\n  expect: {routes: [a]}\n"
    )


def test_a_name_that_is_taken_gets_a_number() -> None:
    text = appended(appended("", CASE), CASE)
    assert "- name: new\n" in text
    assert '- name: "new (2)"\n' in text or "- name: new (2)\n" in text


@pytest.mark.parametrize("text", ["tests: [{name: x}]\n", "{tests: []}\n", "tests: 5\n", "tests: [\n", "- x\n"])
def test_a_file_that_cannot_take_it_is_left_alone_with_the_reason(text: str) -> None:
    with pytest.raises(Unspliceable, match=r"\w"):
        appended(text, CASE)
