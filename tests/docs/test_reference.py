"""What the pages have from the code is what the code says today: `make docs` brings them up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, PROBLEMS
from tests.docs.reference import GENERATED, made

PARTS = [
    pytest.param(page, match["name"], match["text"], id=f"{page.stem}: {match['name']}")
    for page in (*PAGES, *PROBLEMS)
    for match in GENERATED.finditer(page.read_text())
]


@pytest.mark.parametrize(("page", "name", "text"), PARTS)
def test_a_generated_part_is_up_to_date(page: Path, name: str, text: str) -> None:
    # Blanks do not count: each version of Python folds the lines of --help in its own way.
    assert text.split() == made(name).split(), f"{page.name}: run `make docs`"


def test_every_command_and_action_and_provider_has_its_part() -> None:
    names = {name for _, name, _ in (part.values for part in PARTS)}
    commands = [  # a new command is told by the page's first part, which lists them all
        *("run", "dev", "check", "test", "send", "events list", "events show"),
        *("deliveries list", "deliveries show", "retry", "replay", "plugin list"),
    ]
    wanted = {f"help {command}" for command in commands} | {"help", "providers", "metrics"}
    wanted |= {
        f"{part} {action}" for part in ("config", "params") for action in ("slack", "resend", "http", "sql")
    }
    assert wanted <= names
