"""The rules that tests are run on."""

from __future__ import annotations

from pathlib import Path

from router.config.problem import Problems
from router.testing.rules import Rules
from tests.testing.course import read, write


def test_they_are_compiled_once_for_each_set_of_variables() -> None:
    write("")
    rules = Rules(Path("routes.yaml"), {}, Problems())
    plain, other = rules.of({}), rules.of({"GITHUB_SECRET": "x"})
    assert plain is rules.of({})
    assert plain is not None
    assert other is not None
    assert plain is not other
    assert other.ruleset.sources["github"].secrets == ("x",)
    assert "GITHUB_SECRET" in plain.ruleset.document.made
    assert len(list(rules)) == 2


def test_mistakes_of_the_configuration_are_told_once_and_no_test_is_read() -> None:
    path = write("- {event: clerk/user.created}\n- {name: b, event: nobody/x}\n", "- {name: r, event: user.*}")
    cases, problems = read(path)
    assert cases == []
    assert [problem.message for problem in problems] == ["the route `r` needs `actions`"]


def test_a_test_may_set_variables_of_its_own() -> None:
    path = write("- {event: clerk/user.created, env: {CLERK_SECRET: short}}\n")
    _, problems = read(path)
    assert [problem.mark.file for problem in problems] == ["routes.yaml"]
