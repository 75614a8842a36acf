"""Most texts are read piece by piece, without code: what is found must be what the whole text would tell."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.plugin import HTML, JSON, MRKDWN, TEXT, URL, Kind
from router.routing import reading
from router.routing.code import code_of
from router.routing.reading import read

_NAMES = (
    "data",
    "event",
    "data.a.b",
    "event.id",
    "event.typ",
    "items[0].x",
    "headers['X-Foo']",
    "self",
    "loop",
    "x",
)
_ENDS = (
    *(
        "",
        " | default('-')",
        " | upper",
        " | nofilter",
        " or 'x'",
        " ~ y",
        ".a",
        "[z]",
        " if x else y",
        " is string",
    ),
    *(
        " | replace('a', b=1, b=2)",
        "(1, k=2, k=3)",
        " - 1",
        " | raw",
        " in [1, 2]",
        ", 2",
        " is nothing",
        " }",
        "'",
    ),
)
_WORDS = ("Hello ", "\n", " {", "}} ", "%", "", "é", "{{", "'", '"', "{# a #}", "{% if x %}y{% endif %}")


@st.composite
def expressions(draw: st.DrawFn) -> str:
    ends = draw(st.lists(st.sampled_from(_ENDS), max_size=3))
    return draw(st.sampled_from(_NAMES)) + "".join(ends)


@st.composite
def texts(draw: st.DrawFn) -> str:
    braces = st.sampled_from(("{{ %s }}", "{{%s}}", "{{- %s }}", "{{ %s -}}", "{{\n%s\n}}"))
    piece = st.builds(lambda form, inner: form.replace("%s", inner), braces, expressions())
    return "".join(draw(st.lists(st.one_of(st.sampled_from(_WORDS), piece), min_size=1, max_size=5)))


@settings(max_examples=600, deadline=None)
@given(texts(), st.sampled_from((TEXT, HTML, MRKDWN, URL, JSON)))
def test_a_text_says_the_same_in_pieces_as_whole(text: str, kind: Kind) -> None:
    pieced = reading._pieced(kind, text, expression=False)
    whole = reading._whole(kind, text, expression=False)
    if pieced is not None:
        assert replace(pieced, code=None) == replace(whole, code=None)
        assert whole.code is not None


@settings(max_examples=300, deadline=None)
@given(expressions())
def test_an_expression_says_the_same_either_way(text: str) -> None:
    pieced = reading._pieced(TEXT, text, expression=True)
    if pieced is not None:
        assert replace(pieced, code=None) == replace(reading._whole(TEXT, text, expression=True), code=None)


@pytest.mark.parametrize(
    "text",
    [
        "{{ data.a }}",
        "Hello {{ data.a | default('x') }}, {{ event.id }}!",
        '{{ data["a b"] }}}} {{ "}}" }}',
        "line\n{{ data.a\n }} line",
    ],
)
def test_plain_texts_need_no_code_to_be_checked(text: str) -> None:
    found = read(TEXT, text, expression=False)
    assert found.code is not None
    assert not found.code.ready


@pytest.mark.parametrize(
    "text", ["{% if data.a %}x{% endif %}", "{{ data.a -}} x", "{{ {'a': 1} }}", "{{ loop }}"]
)
def test_what_could_still_fail_is_compiled_when_it_is_read(text: str) -> None:
    found = read(TEXT, text, expression=False)
    assert found.code is not None
    assert found.code.ready


@pytest.mark.parametrize(
    "faulty",
    [
        "{{ data.a.upper(k=1, k=2) }}",
        "{{ data.a | default(boolean=1, boolean=2) }}",
        "{{ " + "-" * 300 + "x }}",
        "{{ " + "x|d(" * 120 + "1" + ")" * 120 + " }}",
    ],
)
def test_an_expression_that_python_cannot_compile_is_a_mistake_of_the_file(faulty: str) -> None:
    (slip,) = read(TEXT, faulty, expression=False).slips
    assert slip.message.startswith(("the template cannot be compiled", "the template is nested deeper"))


def test_alike_texts_share_their_code_and_the_last_user_takes_it_along_without_the_collector() -> None:
    gc.disable()
    try:
        code = code_of(TEXT, "only {{ here }}", expression=False)
        assert code_of(TEXT, "only {{ here }}", expression=False) is code
        assert "".join(code.run({"here": "x"})[1]) == "only x"
        made, gone = weakref.ref(code._render), weakref.ref(code)
        del code
        assert gone() is None
        assert made() is None
    finally:
        gc.enable()
