"""What a `$...` path may not be, and how that is told."""

from __future__ import annotations

import pytest

from router.jsonpath import PathError, compile_path

FAULTS: list[tuple[str, int, str]] = [
    ("", 0, "begins with `$`"),
    ("data.id", 0, "begins with `$`"),
    ("$.", 2, "a name or `*` must follow the dot"),
    ("$..", 3, "a name or `*` must follow the dot"),
    ("$...a", 3, "a name or `*` must follow the dot"),
    ("$a", 1, "must follow here"),
    ("$.a b", 3, "must follow here"),
    ("$.a ", 3, "blanks at the end"),
    (" $.a", 0, "begins with `$`"),
    ("$. a", 2, "a name or `*`"),
    ("$.0", 2, "an index stands in brackets"),
    ("$.a.[0]", 4, "a dot too many"),
    ("$.'a'", 2, "a quoted name stands in brackets"),
    ("$.first-name", 7, "must be quoted"),
    ("$.a[?@.first-name == 1]", 12, "must be quoted"),
    ("$[a]", 2, "must be quoted in brackets"),
    ("$[]", 2, "a bracket holds"),
    ("$[0", 3, "`]` is missing"),
    ("$['a]", 2, "is not closed"),
    (r"$['a\n']", 4, "a backslash"),
    (r"$['a\'b']", 4, "a backslash"),
    ("$['a\nb']", 4, "control character"),
    ("$['a','b']", 5, "several selectors"),
    ("$[0,1]", 3, "several selectors"),
    ("$[?@.a, ?@.b]", 6, "several selectors"),
    ("$[01]", 2, "is not an index"),
    ("$[-0]", 2, "is not an index"),
    ("$[9007199254740992]", 2, "too large"),
    ("$[1.5]", 3, "`]` is missing"),
    ("$[(@.length-1)]", 2, "script expressions"),
    ("$.a.length()", 10, "functions such as `length()`"),
    ("$[?length(@.a) > 1]", 3, "functions such as `length()`"),
    ("$[?match(@.a, 'x')]", 3, "functions such as `match()`"),
    ("$[?@.a =~ 'x']", 7, "`=~` is not supported"),
    ("$[?@.a = 1]", 7, "a single `=`"),
    ("$[?@.a === 1]", 7, "`===`"),
    ("$[?@.a & @.b]", 7, "a single `&`"),
    ("$[?@.a | @.b]", 7, "a single `|`"),
    ("$[?@.a and @.b]", 7, "`and` is not a word"),
    ("$[?@.a == 1 or @.b]", 12, "`or` is not a word"),
    ("$[?not @.a]", 3, "`not` is not a word"),
    ("$[?@.a == b]", 10, "the word `b` needs quotes"),
    ("$[?a == 1]", 3, "the word `a` needs quotes"),
    ("$[?@.a == True]", 10, "`True` is not a constant"),
    ("$[?@.a == None]", 10, "`None` is not a constant"),
    ("$[?@.a + 1 == 2]", 7, "arithmetic"),
    ("$[?@.a == 01]", 10, "is not a number"),
    ("$[?@.a == 1.]", 10, "is not a number"),
    ("$[?@.a in ['b']]", 7, "`in` is not supported in a filter"),
    ("$[?@.a contains 'b']", 7, "`contains` is not supported in a filter"),
    ("$[?@.a == [1]]", 10, "a list or an object"),
    ("$[?1 == 1]", 3, "compares two constants"),
    ("$[?true]", 3, "a constant alone"),
    ("$[?$.a == $.b]", 3, "nothing about the tested value"),
    ("$[?@.* == 1]", 3, "one value on each side"),
    ("$[?1 == @..a]", 8, "one value on each side"),
    ("$[?@[0:1] == 1]", 3, "one value on each side"),
    ("$[?(@.a) == 1]", 9, "cannot be compared"),
    ("$[?!@.a == 1]", 8, "cannot stand before a comparison"),
    ("$[?!1]", 5, "`!` stands before a path"),
    ("$[?!!@.a]", 4, "must stand here"),
    ("$[?(@.a]", 7, "`)` is missing"),
    ("$[?@.a == ]", 10, "must stand here"),
    ("$[?]", 3, "must stand here"),
    ("$[?@.a", 6, "`]` is missing"),
    ("$.a == 1", 3, "outside a filter"),
    ("$.a > 1", 3, "outside a filter"),
    ("$.a.`len`", 4, "a name or `*`"),
    ("$.a`len`", 3, "not part of RFC 9535"),
    ("$.a~", 3, "not part of RFC 9535"),
    ("$^", 1, "not part of RFC 9535"),
    ("$.a|$.b", 3, "outside a filter"),
]


@pytest.mark.parametrize(("text", "offset", "message"), FAULTS, ids=[repr(text) for text, _, _ in FAULTS])
def test_what_is_not_supported_is_told_at_its_place(text: str, offset: int, message: str) -> None:
    with pytest.raises(PathError) as caught:
        compile_path(text)
    assert message in caught.value.message
    assert caught.value.offset <= len(text)
    assert (caught.value.offset, text) == (offset, text)


def test_a_fault_says_what_to_write_instead() -> None:
    for text, hint in {
        "$.first-name": "write `['first-name']`, without the dot before it",
        "$[?@.a == created]": "a text is `'created'`, a member of the tested value `@.created`",
        "$[?@.a and @.b]": "write `&&`",
        "$[?@.a == True]": "write `true`",
        "data.id": "write `$.data.id`",
    }.items():
        with pytest.raises(PathError) as caught:
            compile_path(text)
        assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$" + ".a" * 65, "64 steps"),
        ("$." + "a" * 1000, "1000 characters"),
        ("$[?" + "(" * 17 + "@.a" + ")" * 17 + "]", "16 deep"),
        ("$" + "[?@" * 17 + "]" * 17, "16 deep"),
    ],
)
def test_a_path_has_its_bounds(text: str, message: str) -> None:
    with pytest.raises(PathError, match=message):
        compile_path(text)


def test_parentheses_beside_one_another_are_not_nested() -> None:
    compile_path("$[?" + " || ".join(["(@.a)"] * 40) + "]")
