"""Whatever a file holds, reading it ends soon: in problems that can be shown, or in rules.

More of it, by hand: ROUTER_TEST_FUZZ=5000 pytest tests/config/test_hostile.py
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.config.report import as_json, render
from router.ruleset import load_ruleset
from tests.config.hostile import HEAD, HOSTILE

ROOT = Path(__file__).resolve().parents[2]
MOST = 10.0  # seconds of processor time; the slowest takes about two, and this only guards against hanging
EXAMPLES = int(os.environ.get("ROUTER_TEST_FUZZ", "60"))
WHOLE = (ROOT / "routes.example.yaml").read_bytes()
PIECES = (
    *(
        "{{",
        "}}",
        "{%",
        "${A}",
        "${file:x}",
        "*a",
        "&a ",
        "<<: ",
        "- ",
        "? ",
        ": ",
        "|\n",
        ">\n",
        "!x ",
        "%",
        "\t",
    ),
    *("\t", "'", '"', "\\", "[", "]", "{", "}", "#", "\n", "\x00", "\ufeff", "\ud800", "é", "null", "1e999", "~"),
    *("$..*", "data.*", "matches", "where", "routes", "actions", "sources", "\n  ", "\n- ", "@", "`", ",", "yes"),
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("folder").mkdir()
    Path("big").write_text("x" * 1_000_000)


def read(raw: bytes) -> list[str]:
    """Read a file as `check` does; the codes of its errors."""
    Path("routes.yaml").write_bytes(raw)
    began = time.process_time()
    loaded = load_ruleset(Path("routes.yaml"), {})
    shown = render(loaded.problems, loaded.texts)
    json.dumps(as_json(loaded.problems)).encode()
    spent = time.process_time() - began
    print(f"{spent:.2f} s, {len(loaded.problems)} problems, {len(shown)} characters")
    assert spent < MOST
    assert len(shown) < 5_000_000
    errors = [problem.code for problem in loaded.problems.errors]
    assert bool(errors) == (loaded.ruleset is None)
    return errors


@pytest.mark.parametrize("name", HOSTILE)
def test_no_hostile_file_hangs_or_breaks_the_reader(name: str) -> None:
    text = HOSTILE[name]()
    read(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "name", ["a billion laughs", "a template of 10 MB", "references", "a pipe", "20,000 includes"]
)
def test_what_asks_for_too_much_is_refused(name: str) -> None:
    assert read(str(HOSTILE[name]()).encode())


def test_of_very_many_problems_the_first_thousand_are_told_and_that_there_are_more() -> None:
    Path("routes.yaml").write_text(str(HOSTILE["9,000 wrong routes"]()))
    problems = load_ruleset(Path("routes.yaml"), {}).problems
    assert len(problems) == 1_000
    assert [p.hint for p in problems if p.hint and "the rest was not looked at" in p.hint]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(st.binary(max_size=2_000))
def test_any_bytes_end_in_problems(raw: bytes) -> None:
    read(raw)


@settings(
    max_examples=EXAMPLES * 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=6
    ),
    st.booleans(),
)
def test_a_valid_file_with_parts_replaced_ends_in_problems_or_rules(
    changes: list[tuple[int, int, str]], short: bool
) -> None:
    raw = HEAD.encode() + b"routes: []\n" if short else WHOLE
    for place, length, piece in changes:
        at = place % len(raw)
        raw = raw[:at] + piece.encode("utf-8", "surrogatepass") + raw[at + length :]
    read(raw)


@pytest.mark.parametrize("name", ["a template of 10 MB", "one large file, many times", "9,000 wrong routes"])
def test_a_file_that_is_given_up_is_watched_all_the_same_because_it_may_be_mended(name: str) -> None:
    Path("routes.yaml").write_text(str(HOSTILE[name]()))
    assert Path("routes.yaml") in load_ruleset(Path("routes.yaml"), {}).watched
