"""pydantic's errors at their place in the file, in the words of the language, without any value."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import Field, SecretStr, field_validator

from router.config.model_check import build_model
from router.config.node import Mapping, Scalar
from router.config.problem import Problems
from router.config.report import render
from router.config.yaml import parse
from router.plugin import Model
from tests.config.places import only, told


class Basic(Model):
    user: str
    password: SecretStr


class Bearer(Model):
    bearer: SecretStr


class Place(Model):
    key: SecretStr = SecretStr("")
    sender: str = Field("x", alias="from")
    to: str | list[str] = "a"
    size: int = 1
    on: bool = False
    auth: Basic | Bearer | None = None
    mode: Literal["fast", "slow"] = "fast"
    headers: dict[str, str] = Field(default_factory=dict)
    all: list[Basic] = Field(default_factory=list)

    @field_validator("key")
    @classmethod
    def _key_is_known(cls, key: SecretStr) -> SecretStr:
        if "bad" in key.get_secret_value():
            raise ValueError(f"The key {key.get_secret_value()!r} is no key")
        return key


def build(text: str, model: Any = Place, **more: Any) -> tuple[Any, Problems]:
    problems = Problems()
    node = parse(text, "f", problems)
    assert isinstance(node, Mapping)
    return build_model(model, node, problems, "the destination `x`", **more), problems


def test_a_good_mapping_becomes_the_model() -> None:
    built, problems = build("from: a\nto: [b, c]\nauth: {bearer: t}\nrate: 1/s\n", skip=("rate",))
    assert not list(problems)
    assert (built.sender, built.to, built.auth.bearer.get_secret_value()) == ("a", ["b", "c"], "t")


FAULTS = [
    ("form: 1", "1:1 unknown-key", "the destination `x` has no key `form`", "did you mean `from`?"),
    ("rat: 1", "1:1 unknown-key", "the destination `x` has no key `rat`", "did you mean `rate`?"),
    ("from: 5", "1:7 wrong-type", "`from` must be a text, not a number", "quote it"),
    ("from: null", "1:7 wrong-type", "`from` must be a text, not null", None),
    ("size: many", "1:7 wrong-type", "`size` must be a whole number, not a text", None),
    ("on: yes", None, None, None),
    ("on: sometimes", "1:5 wrong-type", "`on` must be true or false, not a text", None),
    ("to: {a: 1}", "1:5 wrong-type", "`to` must be a text or a list, not a mapping", None),
    ("to: [b, 1]", "1:9 wrong-type", "`to[1]` must be a text, not a number", "quote it"),
    ("mode: fats", "1:7 unknown-value", "`mode` must be one of: fast, slow", "did you mean `fast`?"),
    ("auth: 3", "1:7 wrong-type", "`auth` must be a mapping, not a number", None),
    (
        "auth: {user: a, password: 5}",
        "1:27 wrong-type",
        "`auth.password` must be a text, not a number",
        "quote it",
    ),
    ("auth: {user: a}", "1:1 missing-key", "`auth` of the destination `x` needs `password`", None),
    ("headers: {a: 1}", "1:14 wrong-type", "`headers.a` must be a text, not a number", "quote it"),
    (
        "all: [{user: a, password: b, c: d}]",
        "1:30 unknown-key",
        "`all[0]` of the destination `x` has no key `c`",
        "password",
    ),
    ("all:\n  - user: a", "2:5 missing-key", "`all[0]` of the destination `x` needs `password`", None),
    ("key: bad-one", "1:6 wrong-value", "`key`: the key '***' is no key", None),
]


@pytest.mark.parametrize(("text", "place", "message", "hint"), FAULTS)
def test_an_error_is_told_at_its_place(
    text: str, place: str | None, message: str | None, hint: str | None
) -> None:
    built, problems = build(text, skip=("rate",))
    if place is None:
        assert built is not None
        return
    assert built is None
    assert told(problems) == [place]
    assert only(problems).message == message
    assert hint is None or hint in str(only(problems).hint)


def test_of_a_union_only_the_member_that_was_probably_meant_is_told() -> None:
    _, problems = build("auth: {bearrer: abc}")
    assert told(problems) == ["1:8 unknown-key"]
    assert [p.hint for p in problems] == ["did you mean `bearer`?"]


class Whole(Model):
    a: str = ""
    b: str = ""

    def model_post_init(self, context: Any, /) -> None:
        raise ValueError(f"a {self.a} does not go with b {self.b}")


def test_no_message_quotes_a_value_that_came_from_outside() -> None:
    problems = Problems()
    node = parse("a: '${A}'\nb: plain", "f", problems)
    assert isinstance(node, Mapping)
    key, value = node.entries[0]
    resolved = Mapping(((key, Scalar("very-secret", value.mark, "${A}", plain=False)), node.entries[1]), node.mark)
    assert build_model(Whole, resolved, problems, "the destination `x`") is None
    assert "very-secret" not in render(problems)
    assert "does not go with" in only(problems).message


def test_values_of_every_kind_stay_out_of_messages() -> None:
    _, problems = build(
        "from: [leaked-1]\nsize: leaked-2\nmode: leaked-3\non: leaked-4\nkey: bad leaked-5\nauth: leaked-6"
    )
    assert len(problems) == 6
    assert not [p for p in problems if "leaked" in f"{p.message} {p.hint}"]
