"""Reads the pages of the documentation: their examples, tables, headings and links.

A comment on the line above an example or a table says what it is:

    <!-- routes -->  <!-- actions -->  <!-- where -->    a part of a configuration; none: a file, or top-level keys
    <!-- refused: text -->  <!-- warned: text -->        the same, and the problem that `check` tells
    <!-- file: plugins/x.py -->                          a file that the other examples of the page need
    <!-- run -->                                         commands that run beside `router dev`, with their output
    <!-- tour -->                                        shell commands of one folder, in order, with their output
    <!-- tests -->                                       tests of the page's `file: routes.yaml`, which pass
    <!-- renders -->  <!-- verdicts -->                  a table of templates, of conditions, with the results
    <!-- generated: NAME --> ... <!-- /generated -->     made by `make docs` from the code
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PROBLEMS = sorted((ROOT / "docs" / "problems").glob("*.md"))

_FENCE = re.compile(r"(?P<indent> *)```(?P<language>\w*)\s*$")
_COMMENT = re.compile(r"\s*<!-- (?P<text>.+?) -->\s*$")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """One fenced example; `marker` is the comment above it, '' without one."""

    page: Path
    line: int
    language: str
    marker: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, for the name of a test."""
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return the fenced examples of a page, in order."""
    found: list[Block] = []
    lines = page.read_text().split("\n")
    number = 0
    while number < len(lines):
        start = number
        number += 1
        if (fence := _FENCE.fullmatch(lines[start])) is None:
            continue
        indent = fence["indent"]
        inside: list[str] = []
        while lines[number] != f"{indent}```":
            inside.append(lines[number].removeprefix(indent))
            number += 1
        number += 1
        marker = _COMMENT.fullmatch(lines[start - 1]) if start else None
        text = "\n".join(inside) + "\n"
        found.append(Block(page, start + 1, fence["language"], marker["text"] if marker else "", text))
    return found


def all_blocks(*languages: str) -> list[Block]:
    """Return the examples of these languages, of all pages."""
    return [block for page in PAGES for block in blocks(page) if block.language in languages]


def tables(page: Path, marker: str) -> list[list[str]]:
    """Return the rows, without their heads, of the tables of a page below a comment of that text."""
    rows: list[list[str]] = []
    lines = page.read_text().split("\n")
    for number, line in enumerate(lines):
        if (comment := _COMMENT.fullmatch(line)) is None or comment["text"] != marker:
            continue
        below = number + 1
        while not lines[below].startswith("|"):
            below += 1
        for row in lines[below + 2 :]:
            if not row.startswith("|"):
                break
            cells = re.split(r"(?<!\\)\|", row.strip().strip("|"))
            rows.append([cell.strip().replace("\\|", "|") for cell in cells])
    return rows


def code(cell: str) -> str:
    """Return what stands between backticks, or the cell itself."""
    match = re.fullmatch(r"(`+) ?(.*?) ?\1", cell, re.DOTALL)
    return match[2] if match else cell


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for line in _without_code(page).split("\n"):
        if match := re.fullmatch(r"#+ (.*)", line):
            title = match[1].replace("`", "").strip().lower()
            found.add(re.sub(r"[^\w\- ]", "", title).replace(" ", "-"))
    return found


def links(page: Path) -> list[str]:
    """Return the targets of a page's links."""
    return [match["target"] for match in _LINK.finditer(_without_code(page))]


def _without_code(page: Path) -> str:
    text = re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text())
    return re.sub(r"`[^`\n]+`(?!\])", lambda match: match[0] if "](" not in match[0] else "", text)
