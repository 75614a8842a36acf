"""`${VAR}`, `${VAR:-default}`, `${file:path}`: what they give, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping as Values
from pathlib import Path
from typing import Any

import pytest

from router.config.document import Document, read_document
from router.config.made_up import made_up
from router.config.node import Scalar, plain
from router.config.problem import Problems
from tests.config.places import only, told

ENVIRON = {"KEY": "key-value", "EMPTY": "", "STAGE": "production", "ORIGIN": "http://localhost:3000"}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_bytes(b"from-a-file\r\n\n")
    (tmp_path / "nothing").write_bytes(b"\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")


def read(text: str, environ: Values[str, str] | None = None, *, dev: bool = False) -> tuple[Document, Problems]:
    Path("routes.yaml").write_text(text, encoding="utf-8")
    problems = Problems()
    used = ENVIRON if environ is None else environ
    document = read_document(Path("routes.yaml"), used, problems, made_up=made_up if dev else None)
    assert document is not None
    return document, problems


VALUES = [
    ("${KEY}", "key-value"),
    ("Bearer ${KEY}/${STAGE}", "Bearer key-value/production"),
    ("${NOT:-default}", "default"),
    ("${NOT:-}", ""),
    ("${EMPTY:-default}", "default"),
    ("${KEY:-default}", "key-value"),
    ("${NOT:-a:-b}", "a:-b"),
    ("${file:secret}", "from-a-file"),
    ("$${KEY}", "${KEY}"),
    ("${{ x }}", "${{ x }}"),
    ("$ {KEY} ${ KEY } ${1} $KEY", "$ {KEY} ${ KEY } ${1} $KEY"),
    ("$${KEY} ${KEY}", "${KEY} key-value"),
]


@pytest.mark.parametrize(("written", "value"), VALUES)
def test_a_reference_becomes_a_text(written: str, value: str) -> None:
    document, problems = read(f"vars:\n  a: '{written}'\n  b: [{{c: '{written}'}}]\n")
    assert not list(problems)
    assert plain(document.vars) == {"a": value, "b": [{"c": value}]}


def test_a_resolved_value_is_a_text_and_keeps_its_place_and_how_it_was_written() -> None:
    document, _ = read("vars:\n  a: ${N}\n", {"N": "5"})
    node = document.vars.get("a")
    assert isinstance(node, Scalar)
    assert (node.value, node.text, node.mark.line, node.mark.column) == ("5", "${N}", 2, 6)


def test_a_value_from_outside_is_never_read_as_yaml_or_as_a_reference() -> None:
    document, problems = read("vars: {a: '${N}'}", {"N": "x: [1]\n${KEY} *a"})
    assert plain(document.vars) == {"a": "x: [1]\n${KEY} *a"}
    assert not list(problems)


def test_a_file_is_looked_for_beside_the_file_that_names_it() -> None:
    Path("more").mkdir()
    Path("more", "key").write_text("inner\n")
    Path("more", "b.yaml").write_text("vars: {a: '${file:key}'}")
    document, _ = read("include: more/b.yaml")
    assert plain(document.vars) == {"a": "inner"}
    assert Path("more/key") in document.files
    assert document.secrets == {"inner"}


FAULTS = [
    ("a: ${NOT}", "2:4 unset-variable", "`NOT` is not set", "${NOT:-...}"),
    ("a: ${EMPTY}", "2:4 unset-variable", "`EMPTY` is empty", "${EMPTY:-...}"),
    ("a: ${STAG}", "2:4 unset-variable", "`STAG` is not set", "did you mean `STAGE`"),
    ('a: "x ${NOT} y"', "2:7 unset-variable", "NOT", None),
    ("a: |\n   x\n   ${NOT}", "4:4 unset-variable", "NOT", None),
    ("a: ${file:none}", "2:4 unreadable-file", "`none` does not exist", None),
    ("a: ${file:nothing}", "2:4 unreadable-file", "empty", None),
    ("a: ${file:binary}", "2:4 unreadable-file", "UTF-16", None),
    ("a: ${file:.}", "2:4 unreadable-file", "directory", None),
    ("a: '${file:}'", "2:5 unreadable-file", "names no file", None),
    ("a: ${KEY", "2:4 wrong-reference", "not closed", "$${"),
    ("a: ${KEY:x}", "2:4 wrong-reference", "no reference", "${NAME:-default}"),
    ("a: ${KEY-x}", "2:4 wrong-reference", "no reference", "${NAME:-default}"),
    ("a: ${NOT:-${KEY}}", "2:4 wrong-reference", "in another", None),
    ("a: ${BAD}", "2:4 wrong-reference", "not UTF-8", None),
]


@pytest.mark.parametrize(("line", "place", "said", "hint"), FAULTS)
def test_a_faulty_reference_is_told_once_and_at_its_place(
    line: str, place: str, said: str, hint: str | None
) -> None:
    _, problems = read(f"vars:\n{line}\n".replace("\na", "\n a"), {**ENVIRON, "BAD": "\udcff-value"})
    wanted = place if place.startswith("4") else f"2:{int(place.split()[0][2:]) + 1} {place.split()[1]}"
    assert told(problems) == [wanted]
    assert said in only(problems).message
    assert hint is None or hint in str(only(problems).hint)


@pytest.mark.parametrize("reference", ["${KEY}", "${KEY:-x}", "${file:secret}"])
def test_a_reference_in_a_route_is_refused_and_told_where_it_belongs(reference: str) -> None:
    document, problems = read(f'routes:\n  - name: a\n    actions:\n      - http: {{url: "x {reference}"}}\n')
    assert told(problems) == ["4:24 reference-in-route"]
    assert "`vars`" in str(only(problems).hint)
    assert "key-value" not in str(plain(document.routes[0]))


def test_an_escaped_reference_and_a_template_may_stand_in_a_route() -> None:
    document, problems = read("routes: [{name: a, text: '$${KEY} ${{ data.price }}'}]")
    assert not list(problems)
    routes: Any = plain(document.routes[0])
    assert routes["text"] == "${KEY} ${{ data.price }}"


@pytest.mark.parametrize(
    ("reference", "environ", "secrets"),
    [
        ("${A}", {"A": "abc"}, {"abc"}),
        ("${A:-}", {"A": "abc"}, {"abc"}),
        ("${A:-dev}", {"A": "abc"}, set()),
        ("${A:-dev}", {}, set()),
        ("${A}", {"A": "http://localhost:3000"}, set()),
        ("${A}", {"A": "https://hooks.example/T0/B0/key"}, {"https://hooks.example/T0/B0/key"}),
        ("${A:-x}", {"A": "pg://u:p%40ss@h/d"}, {"pg://u:p%40ss@h/d", "p%40ss", "p@ss"}),
        ("${file:secret}", {}, {"from-a-file"}),
    ],
)
def test_what_came_from_outside_is_a_secret(reference: str, environ: dict[str, str], secrets: set[str]) -> None:
    document, problems = read(f"destinations: {{x: {{y: '{reference}'}}}}", environ)
    assert not list(problems)
    assert document.secrets == secrets


def test_dev_makes_up_what_is_not_set_but_never_an_address_to_listen_at() -> None:
    document, problems = read(
        "sources: {clerk: {secret: ['${CLERK_SECRET}', '${OLD:-}']}, b: {secret: '${file:none}'}}\n"
        "server: {listen: '${LISTEN}'}\n",
        dev=True,
    )
    assert told(problems) == ["2:19 unset-variable"]
    assert plain(document.sources)["clerk"]["secret"] == [made_up("CLERK_SECRET"), ""]
    assert document.made == {"CLERK_SECRET", "file:none"}
