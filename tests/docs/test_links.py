"""The pages link to what exists, and say nothing of where they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, PROBLEMS, ROOT, anchors, links


@pytest.mark.parametrize("page", [*PAGES, *PROBLEMS], ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    lost = []
    for target in links(page):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        inside = file.is_relative_to(ROOT) and file.relative_to(ROOT).parts
        if inside and not (ROOT / inside[0]).exists():
            continue  # the suite also runs against the wheel, away from the sources
        if not file.exists() or (anchor and anchor not in anchors(file)):
            lost.append(target)
    assert lost == []


def test_every_page_is_in_the_table_of_the_readme() -> None:
    readme = ROOT / "README.md"
    linked = {(ROOT / target).resolve() for target in links(readme)}
    assert [page.name for page in PAGES if page.resolve() not in linked and page != readme] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_of_readable_length(page: Path) -> None:
    assert len(page.read_text().splitlines()) < 500
