"""Which files hold tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.testing.discovery import NoFile, beside, config_of, holds_tests, named

A_TEST = "tests: []\n"


def files(**texts: str) -> None:
    for name, text in texts.items():
        path = Path(name.replace("__", "/").replace("_", ".") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_those_beside_a_configuration_are_found() -> None:
    files(a__routes="", a__routes_test=A_TEST, a__tests__b=A_TEST, a__tests__c="x: 1\n", a__other_test=A_TEST)
    (Path("a") / "tests" / "p.json").write_text("{}")
    assert [str(path) for path in beside(Path("a/routes.yaml"))] == ["a/routes.test.yaml", "a/tests/b.yaml"]
    assert beside(Path("none/routes.yaml")) == []


def test_files_folders_and_globs_can_be_named() -> None:
    files(t__a=A_TEST, t__u__b=A_TEST, t__c="x: 1\n", d_test=A_TEST)
    assert [str(path) for path in named([Path("t"), Path("*.test.yaml"), Path("t/a.yaml")])] == [
        "t/a.yaml",
        "t/u/b.yaml",
        "d.test.yaml",
    ]
    for missing in ("none.yaml", "*.none", "empty"):
        Path("empty").mkdir(exist_ok=True)
        with pytest.raises(NoFile, match=missing.replace("*", r"\*")):
            named([Path(missing)])


def test_a_file_of_tests_is_known_by_its_name_or_by_what_it_holds() -> None:
    files(a="tests:\n- x\n", b="routes: []\n", c_test="")
    assert [holds_tests(Path(name)) for name in ("a.yaml", "b.yaml", "c.test.yaml", "none.yaml")] == [
        True,
        False,
        True,
        False,
    ]
    assert config_of(Path("x/r.test.yaml")) == Path("x/r.yaml")
    assert config_of(Path("tests/a.yaml")) == Path("routes.yaml")
