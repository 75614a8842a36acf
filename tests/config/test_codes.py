"""The codes that the source tells are those that are registered."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.config.codes import CODES, EITHER, WARNINGS, near, page
from tests.docs.pages import ROOT

#: How the source notes a problem, and which argument is its code.
_NOTING = {"error": 0, "warning": 0, "note": 0, "Finding": 0, "_quotes": 0, "_failed": 0, "Slip": 2}
_CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def _told() -> Iterator[tuple[str, str, Path]]:
    """Yield each code that the source holds, how it is noted, and where."""
    for file in sorted([*(ROOT / "router").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else "problems"
            at = _NOTING.get(name, 99)
            if len(node.args) > max(at, 2) and owner.endswith(("problems", "self")):  # not those of a log
                for inner in ast.walk(node.args[at]):
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                        assert _CODE.fullmatch(inner.value), f"{file.name}: `{inner.value}` is no code"
                        yield inner.value, name, file


needs_source = pytest.mark.skipif(not (ROOT / "router").is_dir(), reason="needs the source tree")


@needs_source
def test_every_code_that_the_source_tells_is_registered_and_every_registered_one_is_told() -> None:
    assert {code for code, _, _ in _told()} == set(CODES)


@needs_source
def test_a_code_is_an_error_everywhere_or_a_warning_everywhere() -> None:
    noted = defaultdict(set)
    for code, name, file in _told():
        noted["warning" if name == "warning" else "error"].add((code, file.name))
    assert {code for code, _ in noted["warning"]} == set(WARNINGS)
    assert not {code for code, _ in noted["error"]} & WARNINGS
    assert set(CODES) > EITHER


def test_the_page_of_a_code_can_be_read_and_an_unknown_code_is_led_to_the_nearest() -> None:
    assert (page("tab") or "").startswith("# tab: ")
    assert page("../../README") is None
    assert near("unknown-kee")[0] == "unknown-key"
    assert near("WRONG-TYPE")[0] == "wrong-type"
    assert near("zzzzzz") == []
