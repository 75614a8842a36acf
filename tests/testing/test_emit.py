"""Values as people write them in YAML."""

from __future__ import annotations

import pytest

from router.testing.emit import below, inline


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("org:admin", '"org:admin"'),
        ("Ada Lovelace", "Ada Lovelace"),
        ("/api/x", "/api/x"),
        ("null", '"null"'),
        ("yes", '"yes"'),
        ("1.5", '"1.5"'),
        ("", '""'),
        ("a\tb\n", '"a\\tb\\n"'),
        ("\x85\u2028\U000e0001", '"\\x85\\u2028\\U000e0001"'),
        ("Zoë", '"Zoë"'),
        (True, "true"),
        (1e20, "1e+20"),
        ({"a": [1, None], "b: c": {}}, '{a: [1, null], "b: c": {}}'),
    ],
)
def test_a_value_stands_in_one_line(value: object, text: str) -> None:
    assert inline(value) == text


def test_what_is_long_or_has_lines_stands_below_its_key() -> None:
    value = {
        "short": {"a": 1},
        "lines": "one\n\n  two",
        "list": ["x" * 60, {"b": "y" * 60, "c": 1}],
        "odd": " a\nb",
    }
    assert below(value, 2) == "\n".join(
        [
            "short: {a: 1}",
            "  lines: |-",
            "    one",
            "",
            "      two",
            "  list:",
            f"    - {'x' * 60}",
            f"    - b: {'y' * 60}",
            "      c: 1",
            '  odd: " a\\nb"',
        ]
    )
