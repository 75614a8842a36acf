"""Each mistake of mistakes.txt is told once: with its code, at its place, the carets under just what is wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent

import pytest

from router.config.codes import CODES
from router.config.report import render
from router.ruleset import Loaded
from tests.language.town import HEAD, load

TABLE = Path(__file__).with_name("mistakes.txt")
DOES = "  actions: [{http: {path: /x}}]\n"
ROUTE = "routes:\n  - name: r\n    source: clerk\n    event: user.created\n    actions:\n"
#: What stands before and behind the lines of a section, and by how many blanks these are indented.
SECTIONS = {
    "files": ("", "", 0),
    "routes": (f"{HEAD}routes:\n", "", 2),
    "keys of a route": (f"{HEAD}routes:\n  - name: r\n", indent(DOES, "  "), 4),
    "where": (f"{HEAD}routes:\n  - name: r\n    where:\n", indent(DOES, "  "), 6),
    "actions": (f"{HEAD}{ROUTE}", "", 6),
    "templates": (f"{HEAD}{ROUTE}      - slack:\n", "        destination: slack\n", 10),
}
_CARETS = re.compile(r"(?P<blanks>[ \t]*)(?P<carets>\^+) (?P<code>[a-z-]+): (?P<said>.+)")


@dataclass
class Mistake:
    """What is written, in which files, with which variables, and what is told about it, where."""

    section: str
    line: int
    files: dict[str, list[str]] = field(default_factory=lambda: {"routes.yaml": []})
    environ: dict[str, str] = field(default_factory=dict)
    told: tuple[str, int, int, int, str, str] = ("", 0, 0, 0, "", "")

    def load(self) -> Loaded:
        """Write the files, and load them."""
        before, behind, blanks = SECTIONS[self.section]
        for name, lines in self.files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            if name != "routes.yaml":
                Path(name).write_text("\n".join(lines) + "\n")
        text = "".join(f"{' ' * blanks}{line}\n" for line in self.files["routes.yaml"])
        return load(before + text + behind, self.environ)


def mistakes() -> Iterator[Mistake]:
    """Yield the blocks of the table."""
    section, found, name = "", None, ""
    for number, line in enumerate([*TABLE.read_text().split("\n"), ""], 1):
        if line.startswith("== "):
            section = line.removeprefix("== ")
        elif not line:
            if found is not None:
                yield found
            found = None
        elif not line.startswith("# "):
            if found is None:
                found, name = Mistake(section, number), "routes.yaml"
            if line.startswith("> "):
                name = line.removeprefix("> ")
                found.files.setdefault(name, [])
            elif line.startswith("$ "):
                variable, _, value = line.removeprefix("$ ").partition("=")
                found.environ[variable] = value
            elif match := _CARETS.fullmatch(line):
                at = len(found.files[name])
                found.told = (name, at, len(match["blanks"]), len(match["carets"]), match["code"], match["said"])
            else:
                found.files[name].append(line)


MISTAKES = list(mistakes())


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"line {mistake.line}")
def test_a_mistake_is_told_once_at_its_place_with_what_to_do(mistake: Mistake) -> None:
    [problem] = mistake.load().problems
    name, line, blanks, carets, code, said = mistake.told
    before, _, indented = SECTIONS[mistake.section]
    first = (before.count("\n"), indented) if name == "routes.yaml" else (0, 0)
    mark = problem.mark
    place = (mark.file, mark.line - first[0], mark.column - 1 - first[1], mark.length)
    assert (*place, problem.code) == (name, line, blanks, carets, code)
    sentence = problem.hint or problem.message
    assert sentence.startswith(said.removesuffix("...")) if said.endswith("...") else sentence == said


def test_the_table_is_long_and_covers_most_codes() -> None:
    assert len(MISTAKES) > 300
    codes = {mistake.told[4] for mistake in MISTAKES}
    assert codes <= set(CODES)
    assert len(codes) > 55
    assert {mistake.section for mistake in MISTAKES} == set(SECTIONS)


def test_files_with_random_faults_end_in_registered_problems() -> None:
    chance = random.Random(7)
    signs = "{}[]:#'\"*&!|>%@`-,?$ \t\n\\.()=<\u201c\u00a0\ufeff\x00é"
    for mistake in chance.choices(MISTAKES, k=1500):
        before, behind, blanks = SECTIONS[mistake.section]
        lines = "".join(f"{' ' * blanks}{line}\n" for line in mistake.files["routes.yaml"])
        text = [*before, *lines, *behind]
        for _ in range(chance.choice((1, 2, 5, 20))):
            at = chance.randrange(len(text) + 1)
            if chance.random() < 0.6:
                text.insert(at, chance.choice(signs))
            else:
                del text[at : at + chance.choice((1, 3, 30))]
        loaded = load("".join(text))
        assert {problem.code for problem in loaded.problems} <= set(CODES)
        assert render(loaded.problems, loaded.texts).count("\n") >= len(loaded.problems)
