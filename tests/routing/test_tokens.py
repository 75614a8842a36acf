"""The tokens of plain expressions are those that Jinja's own lexer finds; of others it is left to find them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from router.routing.tokens import tokens

PIECES = (
    *(
        "data",
        "a1",
        "_x",
        "not",
        "in",
        "None",
        "é",
        " ",
        "  ",
        "\t",
        "\n",
        ".",
        "..",
        "[0]",
        "['a b']",
        '"é"',
        "''",
    ),
    *(
        "0",
        "1",
        "01",
        "12",
        "1.5",
        "1e3",
        "0x1f",
        "1_000",
        "1234567890",
        "|",
        "~",
        "+",
        "-",
        "*",
        "**",
        "/",
        "//",
        "%",
    ),
    *("=", "==", "!=", "!", "<", "<=", ">", ">=", "(", ")", ",", ":", "'a\\n'", '"', "'", "{", "}", ";", "#", "@"),
)
PLAIN = ImmutableSandboxedEnvironment()


def of_jinja(source: str) -> list[tuple[int, str, object]] | None:
    """Return what Jinja's lexer finds; None where it refuses the text."""
    try:
        stream = PLAIN._tokenize(source, None, None, "variable")
        found = []
        while stream.current.type != "eof":
            found.append(tuple(stream.current))
            next(stream)
    except TemplateSyntaxError:
        return None
    return found  # type: ignore[return-value]


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
def test_they_are_those_of_jinja(source: str) -> None:
    found, wanted = tokens(source), of_jinja(source)
    if found is not None:
        assert wanted is not None
        assert [tuple(token) for token in found] == wanted


@pytest.mark.parametrize(
    "source", ["data.a | default('-')", " data.items[0]['x y'] ~ 12 >= 3 ", "a if b else not c"]
)
def test_what_people_write_is_plain(source: str) -> None:
    assert tokens(source) is not None
    assert [tuple(token) for token in tokens(source) or ()] == of_jinja(source)
