"""Every code has a page, whose wrong example gives just that problem and whose right one gives none."""

from __future__ import annotations

import pytest

from router.config.codes import CODES, EITHER, WARNINGS
from router.config.report import render
from tests.docs.pages import PROBLEMS
from tests.docs.problems import load, page_of

PAGES = [page for page in PROBLEMS if page.stem != "README"]


def test_every_code_has_its_page_and_every_page_its_code() -> None:
    assert {page.stem for page in PAGES} == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_the_wrong_example_of_a_page_gives_its_problem_and_no_other(code: str) -> None:
    found = load(page_of(code), "wrong")
    assert {problem.code for problem in found.problems} == {code}, render(found.problems, found.texts)
    severities = {problem.severity for problem in found.problems}
    assert code in EITHER or severities == {"warning" if code in WARNINGS else "error"}


@pytest.mark.parametrize("code", CODES)
def test_the_right_example_of_a_page_has_no_problem(code: str) -> None:
    found = load(page_of(code), "right")
    assert list(found.problems) == [], render(found.problems, found.texts)
    assert found.ruleset is not None


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_the_form_of_all_pages(code: str) -> None:
    text = page_of(code).read_text()
    assert text.startswith(f"# {code}: {CODES[code]}\n")
    kind = "An error or a warning" if code in EITHER else "A warning. " if code in WARNINGS else "An error. "
    assert text.split("\n\n")[1].startswith(kind)
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Wrong", "## Right"]
    assert f"<!-- generated: problem {code} -->" in text
