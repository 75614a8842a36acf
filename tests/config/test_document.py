"""routes.yaml and its includes: what is put together, what is refused, and where that is told."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping as Values
from pathlib import Path

import pytest

from router.config.document import Document, read_document
from router.config.made_up import made_up
from router.config.node import plain
from router.config.problem import Problems
from tests.config.places import only, told


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(
    text: str, environ: Values[str, str] | None = None, *, dev: bool = False, **files: str
) -> tuple[Document | None, Problems]:
    """Write routes.yaml and other files (`a__b` is a/b.yaml), and read them."""
    Path("routes.yaml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        path = Path(*name.split("__")).with_suffix(".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    problems = Problems()
    document = read_document(Path("routes.yaml"), environ or {}, problems, made_up=made_up if dev else None)
    return document, problems


def good(text: str, environ: Values[str, str] | None = None, *, dev: bool = False, **files: str) -> Document:
    document, problems = read(text, environ, dev=dev, **files)
    assert not list(problems)
    assert document is not None
    return document


def test_a_document_holds_what_the_file_and_its_includes_say() -> None:
    Path("more", "actions").mkdir(parents=True)
    document = good(
        'include: ["more/*.yaml", "env/${STAGE:-dev}.yaml"]\nx-note: {a: ["${NOT_SET}"]}\n'
        "vars: {a: 1}\nsources: {clerk: {provider: clerk}}\nroutes: [{name: first}]\n",
        more__two="plugins: [./actions]\ndestinations: {app: {}}\nroutes: [{name: second}]\n",
        env__dev="version: 1\nvars: {b: [1]}\n",
    )
    assert plain(document.vars) == {"a": 1, "b": [1]}
    assert document.sources.keys() == ["clerk"]
    assert document.destinations.keys() == ["app"]
    assert [plain(route)["name"] for route in document.routes] == ["first", "second"]
    assert document.plugins == (Path("more/actions"),)
    assert document.files == (Path("routes.yaml"), Path("more/two.yaml"), Path("env/dev.yaml"))
    assert document.folders == (Path("more"),)
    assert list(document.texts) == ["routes.yaml", "more/two.yaml", "env/dev.yaml"]


def test_a_pattern_skips_its_own_file_and_a_file_is_read_once() -> None:
    document = good(
        "include: ['*.yaml', two.yaml]\nroutes: [{name: a}]", one="include: two.yaml", two="routes: [{name: b}]"
    )
    assert [plain(route)["name"] for route in document.routes] == ["a", "b"]


def test_a_name_defined_twice_names_both_places() -> None:
    _, problems = read(
        "include: b.yaml\nserver: {}\nvars: {x: 1}\nsources: {s: {}}\ndestinations: {d: {}}\n"
        "routes: [{name: r}, {name: r}]",
        b="server: {}\nvars: {x: 2}\nsources: {s: {}}\ndestinations: {d: {}}\nroutes: [{name: r}]",
    )
    assert [(str(p.mark), p.message) for p in problems] == [
        ("b.yaml:1:1", "`server` is given at routes.yaml:2:1 as well"),
        ("b.yaml:2:8", "the variable `x` is defined at routes.yaml:3:8 as well"),
        ("b.yaml:3:11", "the source `s` is defined at routes.yaml:4:11 as well"),
        ("b.yaml:4:16", "the destination `d` is defined at routes.yaml:5:16 as well"),
        ("b.yaml:5:17", "the route `r` is defined at routes.yaml:6:17 as well"),
        ("routes.yaml:6:28", "the route `r` is defined at routes.yaml:6:17 as well"),
    ]
    assert {p.code for p in problems} == {"duplicate-key", "duplicate-name"}


FAULTS = [
    ("rotes: []", "1:1 unknown-key", "did you mean `routes`?"),
    ("on_ded: []", "1:1 unknown-key", "did you mean `on_dead`?"),
    ("on_dead: [{slack: {text: '${TEAM}'}}]", "1:27 reference-in-route", None),
    ("on_duplicate: ignore", "1:1 unknown-key", "it belongs to a source"),
    ("retention: 3d", "1:1 unknown-key", "it belongs to `journal`"),
    ("version: 2", "1:10 unknown-version", "version: 1"),
    ("version: '1'", "1:10 unknown-version", "version: 1"),
    ("version: true", "1:10 unknown-version", "version: 1"),
    ("routes: {a: 1}", "1:9 wrong-type", "- "),
    ("sources: [a]", "1:10 wrong-type", None),
    ("plugins: [nope]", "1:11 unreadable-file", "looked for in ."),
    ("plugins: [routes.yaml]", "1:11 unreadable-file", None),
    ("plugins: 3", "1:10 wrong-type", None),
    ("include: 3", "1:10 wrong-type", None),
    ("include: none.yaml", "1:10 unreadable-file", None),
    ("include: 'no/*.yaml'", "1:10 empty-include", "looked for in ."),
    ("include: 'x/**'", "1:10 wrong-include", None),
    ("include: ''", "1:10 wrong-include", None),
    ("include: '${STAGE}.yaml'", "1:11 unset-variable", "STAGE"),
    ("routes:", "1:1 empty-value", "indent"),
    ("journal: {order_retention: 3d}", "1:11 not-yet", None),
]


@pytest.mark.parametrize(("text", "place", "hint"), FAULTS)
def test_a_fault_of_the_top_level_is_told_at_its_place(text: str, place: str, hint: str | None) -> None:
    _, problems = read(text)
    assert told(problems)[0] == place
    first = next(iter(problems))
    assert hint is None or hint in str(first.hint)


def test_a_missing_version_is_the_first_one() -> None:
    good("routes: []")


def test_a_file_that_includes_itself_over_another_is_told_where() -> None:
    _, problems = read("include: b.yaml", b="include: [c.yaml]", c="include: routes.yaml")
    assert str(only(problems).mark) == "c.yaml:1:10"


def test_a_broken_include_is_told_in_its_own_file_and_nothing_else_is() -> None:
    document, problems = read("include: b.yaml\nroutes: [{name: a}]", b="a: [")
    assert document is None
    assert only(problems).mark.file == "b.yaml"
    assert problems.texts["b.yaml"] == "a: ["


def test_a_file_outside_the_working_directory_keeps_its_whole_path(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "other.yaml").write_text("rotes: 1\n")
    os.chdir(inner)
    problems = Problems()
    read_document(tmp_path / "other.yaml", {}, problems)
    assert only(problems).mark.file == str(tmp_path / "other.yaml")


@pytest.mark.parametrize(
    ("raw", "place", "said"),
    [
        (b"a: 1\nb: \xff\n", "2:4 unreadable-file", "not UTF-8"),
        ("a: 1".encode("utf-16"), "1:1 unreadable-file", "UTF-16"),
        (b"", "1:1 unreadable-file", "empty"),
        (b" \n\n", "1:1 unreadable-file", "empty"),
        (b"- a\n", "1:1 wrong-type", "mapping"),
        (b"a: 1\n" * 2_200_000, "1:1 unreadable-file", "larger than 10 MiB"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(raw: bytes, place: str, said: str) -> None:
    Path("routes.yaml").write_bytes(raw)
    problems = Problems()
    assert read_document(Path("routes.yaml"), {}, problems) is None
    assert told(problems) == [place]
    assert said in only(problems).message


def test_what_is_no_file_is_told() -> None:
    Path("folder").mkdir()
    os.mkfifo("pipe")
    for name, said in [
        ("folder", "a directory"),
        ("pipe", "regular file"),
        ("none", "does not exist"),
        ("a\0b", "name"),
    ]:
        problems = Problems()
        assert read_document(Path(name), {}, problems) is None
        assert said in only(problems).message


def test_a_file_that_may_not_be_read_is_told() -> None:
    Path("routes.yaml").write_text("a: 1")
    Path("routes.yaml").chmod(0)
    if os.access("routes.yaml", os.R_OK):
        pytest.skip("this user may read everything")
    problems = Problems()
    assert read_document(Path("routes.yaml"), {}, problems) is None
    assert "may not be read" in only(problems).message
    Path("routes.yaml").chmod(stat.S_IRUSR)


def test_the_admin_token_is_a_secret_even_when_it_is_written_in_the_file() -> None:
    document = good("admin: {token: abcdefgh}")
    assert document.secrets == {"abcdefgh"}
    assert document.admin.token == "abcdefgh"


def test_two_listeners_at_one_address_are_refused() -> None:
    _, problems = read("server: {listen: ':9000'}\nadmin: {listen: '127.0.0.1:9000'}")
    assert told(problems) == ["2:8 wrong-value"]


def test_the_password_of_the_journal_is_a_secret_even_when_it_is_written_in_the_file() -> None:
    assert good("journal: 'postgresql://u:abc%40defgh@h/d'").secrets == {"abc%40defgh", "abc@defgh"}
