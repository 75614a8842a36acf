"""Reading the keys of a mapping; nodes, problems and units below it."""

from __future__ import annotations

from typing import Any

import pytest

from router.config import units
from router.config.fields import Fields, kind_of
from router.config.node import Mapping, Mark, Scalar, at, plain
from router.config.problem import Problem, Problems, did_you_mean
from router.config.yaml import parse
from tests.config.places import only, told


def fields(text: str) -> tuple[Fields, Problems]:
    problems = Problems()
    node = parse(text, "f", problems)
    assert node is not None
    return Fields(node, problems, "the thing `t`"), problems


def test_values_of_the_wanted_kind_are_read() -> None:
    read, problems = fields("t: a\nf: true\nn: 3\nd: 5m\ns: 2KiB\nl: [a, b]\no: x\n")
    assert read.text("t") == "a"
    assert read.flag("f", default=False) is True
    assert read.count("n", default=1) == 3
    assert read.duration("d", default=1.0) == 300.0
    assert read.size("s", default=1) == 2048
    assert [scalar.value for scalar in read.names("l") or ()] == ["a", "b"]
    assert [scalar.value for scalar in read.names("o") or ()] == ["x"]
    assert read.names("none") is None
    read.finish()
    assert not list(problems)


def test_a_faulty_unit_is_quoted_as_it_is_written_never_as_what_it_refers_to() -> None:
    mark = Mark("f", 1, 4)
    value = Scalar("very-secret", mark, "${A}", plain=False)
    problems = Problems()
    Fields(Mapping(((Scalar("a", mark), value),), mark), problems, "it").duration("a", default=1.0)
    assert "`${A}` is not a duration" in only(problems).message


def test_a_missing_key_gives_the_default() -> None:
    read, problems = fields("{}")
    assert read.text("t", default="d") == "d"
    assert read.flag("f", default=True) is True
    assert read.count("n", default=4) == 4
    assert read.duration("d", default=1.5) == 1.5
    assert not list(problems)


@pytest.mark.parametrize(
    ("text", "call", "place", "message"),
    [
        ("a: 5", lambda f: f.text("a"), "1:4 wrong-type", "`a` must be a text, not a number"),
        ("a: [x]", lambda f: f.text("a"), "1:4 wrong-type", "`a` must be a text, not a list"),
        ("{}", lambda f: f.text("a", required=True), "1:1 missing-key", "the thing `t` needs `a`"),
        (
            "a: yes",
            lambda f: f.flag("a", default=False),
            "1:4 wrong-type",
            "`a` must be true or false, not a text",
        ),
        (
            "a: true",
            lambda f: f.count("a", default=1),
            "1:4 wrong-type",
            "`a` must be a whole number, not true or false",
        ),
        ("a: 0", lambda f: f.count("a", default=1), "1:4 out-of-range", "`a` must be at least 1"),
        ("a: 5", lambda f: f.duration("a", default=1.0), "1:4 wrong-unit", "`a` needs a unit"),
        ("a: 5", lambda f: f.size("a", default=1), "1:4 wrong-unit", "`a` needs a unit"),
        ("a: 5x", lambda f: f.duration("a", default=1.0), "1:4 wrong-unit", "`5x` is not a duration"),
        ("a: 5MB", lambda f: f.size("a", default=1), "1:4 wrong-unit", "`5MB` is not a size"),
        (
            "a: [x, 1]",
            lambda f: f.names("a"),
            "1:8 wrong-type",
            "`a` must be a text or a list of texts, not a number",
        ),
        ("a: x", lambda f: f.finish(), "1:1 unknown-key", "the thing `t` has no key `a`"),
        ("a: x", lambda f: f.finish(not_yet=["a"]), "1:1 not-yet", "`a` is not supported yet"),
        ("- a", lambda f: f.finish(), "1:1 wrong-type", "the thing `t` must be a mapping, not a list"),
    ],
)
def test_another_kind_is_told_at_its_place(text: str, call: Any, place: str, message: str) -> None:
    read, problems = fields(text)
    call(read)
    assert told(problems) == [place]
    assert only(problems).message.startswith(message)


def test_an_unknown_key_gets_the_nearest_known_one() -> None:
    read, problems = fields("sercet: x")
    read.text("secret")
    read.finish(also_known=["type"])
    assert only(problems).hint == "did you mean `secret`?"


def test_a_nearest_word_is_found_whatever_its_case_and_a_short_list_shown_where_none_is_near() -> None:
    assert did_you_mean("SECRET", ["secret", "path"]) == "did you mean `secret`?"
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("zzz", map(str, range(20))) is None
    assert did_you_mean("zzz", []) is None


def test_problems_come_in_the_order_of_the_files_and_each_once() -> None:
    problems = Problems()
    problems.error("b", Mark("f", 9), "later")
    problems.error("a", Mark("f", 2, 5), "sooner")
    problems.warning("c", Mark("e", 99), "another file")
    problems.error("a", Mark("f", 2, 5), "sooner")
    assert [p.code for p in problems] == ["c", "a", "b"]
    assert [p.code for p in problems.errors] == ["a", "b"]
    assert len(problems) == 3


def test_a_spoiled_place_takes_no_more_problems_and_this_goes_along() -> None:
    inner, outer = Problems(), Problems()
    inner.error("a", Mark("f", 1, 1), "first")
    inner.spoil(Mark("f", 1, 1, 9))
    outer.extend(inner)
    outer.error("b", Mark("f", 1, 1), "second")
    outer.error("b", Mark("f", 1, 2), "elsewhere")
    assert list(outer) == [Problem("a", Mark("f", 1, 1), "first"), Problem("b", Mark("f", 1, 2), "elsewhere")]


def test_a_path_leads_to_the_deepest_place_that_exists() -> None:
    node = parse("a:\n  - b: [1, 22]\n", "f", Problems())
    assert isinstance(node, Mapping)
    assert str(at(node, ("a", 0, "b", 1))) == "f:2:12"
    assert str(at(node, ("a", 0, "b", 7, "c"))) == "f:2:8"
    assert str(at(node, ("a", 0, "none"))) == "f:2:5"
    assert plain(node) == {"a": [{"b": [1, 22]}]}


def test_kinds_have_the_names_that_people_use() -> None:
    node = parse("[[], {}, null, true, 1, 1.5, x]", "f", Problems())
    kinds = ["a list", "a mapping", "null", "true or false", "a number", "a number", "a text"]
    assert [kind_of(item) for item in node] == kinds  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("10s", 10), ("5m", 300), ("2h", 7200), ("3d", 259200), ("1.5h", 5400)]
)
def test_a_duration_is_in_seconds(text: str, seconds: float) -> None:
    assert units.duration(text) == seconds


@pytest.mark.parametrize(("text", "count"), [("512B", 512), ("64KiB", 65536), ("1MiB", 2**20), ("2GiB", 2**31)])
def test_a_size_is_in_bytes(text: str, count: int) -> None:
    assert units.size(text) == count


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1 s", "1S", "1.s", "1w", "1m1s", "٣s"])
def test_what_is_no_duration_is_refused_with_the_form_that_is_wanted(text: str) -> None:
    with pytest.raises(ValueError, match="write 500ms, 10s, 5m, 2h or 3d"):
        units.duration(text)


def test_a_duration_is_so_short_that_what_begins_now_ends_on_a_date() -> None:
    assert units.duration("3650d") == 3650 * 86400
    with pytest.raises(ValueError, match="3650d"):
        units.duration("3651d")


@pytest.mark.parametrize("text", ["", "5", "5K", "5KB", "5 MiB", "1.5MiB", "-1B", "٣B"])
def test_what_is_no_size_is_refused_with_the_form_that_is_wanted(text: str) -> None:
    with pytest.raises(ValueError, match="write 512B, 64KiB, 1MiB or 2GiB"):
        units.size(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"),
        (-3, "0ms"),
        (0.25, "250ms"),
        (1, "1s"),
        (90, "1m 30s"),
        (3600, "1h"),
        (93_784, "1d 2h"),
        (2.6e6, "30d 2h"),
    ],
)
def test_a_duration_is_written_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert units.span(seconds) == text
