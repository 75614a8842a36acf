"""The page of guarantees names what the harness does."""

from __future__ import annotations

import re

from bench.conservation.evidence import CUT, LATE, REFUSED
from bench.conservation.mutant import MUTATIONS
from bench.conservation.options import parser
from tests.docs.pages import ROOT, blocks, code, tables

PAGE = ROOT / "docs" / "guarantees.md"


def test_the_page_lists_the_promises_that_can_be_broken_on_purpose() -> None:
    assert {code(row[0]) for row in tables(PAGE, "mutations")} == set(MUTATIONS)


def test_the_commands_of_the_page_are_ones_that_the_harness_takes() -> None:
    commands = [line for block in blocks(PAGE) for line in block.text.splitlines() if "conservation" in line]
    given = [found[1] for line in commands if (found := re.search(r'ARGS="([^"]+)"', line))]
    assert len(given) == 3
    for arguments in given:
        parser().parse_args(arguments.split())


def test_the_page_explains_the_columns_of_the_report() -> None:
    explained = PAGE.read_text()
    for column in (REFUSED, CUT, LATE, "unexplained"):
        assert f"| `{column}` |" in explained
