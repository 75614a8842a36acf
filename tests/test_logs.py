"""Log lines: one a line, without secrets, and nothing forged in them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest

from router import logs
from router.redaction import Redactor

SECRET = "s3cr3t-value"
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARNING|ERROR) +[\w.]+: ")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(capsys: pytest.CaptureFixture[str], *, as_json: bool = False) -> list[str]:
    logs.configure(Redactor([SECRET]).text, as_json=as_json)
    log = logging.getLogger("router.test")
    log.info("plain %s", "words")
    log.warning("header %s", "a\n2026-01-01T00:00:00.000Z ERROR   router: forged\r\x1b[2J\u2028x")
    try:
        raise ValueError(f"the {SECRET}")
    except ValueError:
        log.exception("failed with %s", SECRET)
    return capsys.readouterr().err.splitlines()


def test_a_line_has_its_time_level_and_logger(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.fullmatch(LINE.pattern + "plain words", written(capsys)[0])


def test_a_hostile_value_forges_no_line_and_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    lines = written(capsys)
    assert [line for line in lines if LINE.match(line) and "forged" in line] == []
    assert all(line.isprintable() for line in lines)
    assert len([line for line in lines if LINE.match(line)]) == 3


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = written(capsys, as_json=True)
    told = [json.loads(line) for line in lines]
    assert [(one["level"], one["logger"]) for one in told] == [
        ("INFO", "router.test"),
        ("WARNING", "router.test"),
        ("ERROR", "router.test"),
    ]
    assert "\x1b" not in told[1]["message"]
    assert "Traceback" in told[2]["message"]


@pytest.mark.parametrize("as_json", [False, True])
def test_no_secret_is_in_a_message_or_a_traceback(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    text = "\n".join(written(capsys, as_json=as_json))
    assert SECRET not in text
    assert "ValueError: the ***" in text


def test_an_endless_traceback_is_cut_in_its_middle(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(str)
    logging.getLogger("router.test").error("%s", "\n".join(f"frame {number}" for number in range(1000)))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) < 100
    assert lines[-1].endswith("frame 999")
    assert any("lines left out" in line for line in lines)
