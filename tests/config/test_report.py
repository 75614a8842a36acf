"""How problems are shown."""

from __future__ import annotations

import json

import pytest

from router.config.node import Mark
from router.config.problem import Problems
from router.config.report import as_json, render


def shown(line: str, column: int, length: int) -> list[str]:
    problems = Problems()
    problems.error("code", Mark("f", 1, column, length), "said")
    return render(problems, {"f": line}).splitlines()


def test_a_problem_is_its_place_its_sentence_the_line_a_caret_and_a_hint() -> None:
    problems = Problems()
    problems.texts["a.yaml"] = "x: 1\nchannel: #alerts\n"
    problems.error("empty-value", Mark("a.yaml", 2, 10, 7), "nothing here", "quote it")
    problems.warning("odd", Mark("b.yaml"), "this is odd")
    assert render(problems) == (
        "a.yaml:2:10: error: nothing here [empty-value]\n"
        "    channel: #alerts\n"
        "             ^^^^^^^\n"
        "    hint: quote it\n"
        "\n"
        "b.yaml:1:1: warning: this is odd [odd]\n"
    )


def test_tabs_and_wide_characters_keep_the_caret_below_its_text() -> None:
    assert shown("\ta: b", 2, 1)[1:] == ["        a: b", "        ^"]
    assert shown("日本: xy", 5, 2)[1:] == ["    日本: xy", "          ^^"]
    assert shown("a: 日本", 4, 2)[1:] == ["    a: 日本", "       ^^^^"]
    assert shown("e\u0301: x", 5, 1)[2] == "       ^"


def test_a_long_line_is_shown_around_the_caret() -> None:
    _, line, caret = shown("a" * 500 + "HERE" + "b" * 500, 501, 4)
    assert len(line) < 160
    assert line[caret.index("^") : caret.index("^") + 4] == "HERE"
    assert caret.strip() == "^^^^"


def test_a_place_behind_the_text_and_a_file_without_text_are_no_trouble() -> None:
    assert shown("a", 90, 5)[1:] == ["    a", "     ^"]
    problems = Problems()
    problems.error("code", Mark("f", 99), "said")
    assert render(problems, {"f": "a"}) == "f:99:1: error: said [code]\n"


def test_nothing_shown_can_move_the_cursor_or_colour_the_terminal() -> None:
    problems = Problems()
    problems.error("code", Mark("f\033[2J", 1, 1), "a\033[31m\rb\u202e", "\x9b1m\ud800")
    text = render(problems, {"f\033[2J": "x\033[0m\u2066"})
    assert not set("\033\r\u202e\x9b\u2066\ud800") & set(text)
    text.encode()


def test_colour_is_only_added() -> None:
    problems = Problems()
    problems.error("code", Mark("f"), "said", "do")
    plain_text = render(problems, {"f": "line"})
    coloured = render(problems, {"f": "line"}, color=True)
    assert "\033[31m" in coloured
    for code in ("31", "33", "1", "2", "0"):
        coloured = coloured.replace(f"\033[{code}m", "")
    assert coloured == plain_text


def test_problems_as_json_say_the_same() -> None:
    problems = Problems()
    problems.warning("odd", Mark("f", 2, 3, 4), "said")
    assert json.loads(json.dumps(as_json(problems))) == [
        {
            "file": "f",
            "line": 2,
            "column": 3,
            "length": 4,
            "severity": "warning",
            "code": "odd",
            "message": "said",
            "hint": None,
            "page": "problems/odd.md",
        }
    ]


@pytest.mark.parametrize(
    "line",
    [
        'slack: {webhook_url: "hunter22-hunter22"}',
        "secret: hunter22-hunter22  # why",
        'secret: ["hunter22-hunter22", "${OTHER}"]',
        "auth: {oauth2: {client_secret: 'hunter22-hunter22', client_id: a}}",
        'sql: {url: "mysql2://u:hunter22@h/db"}',
    ],
)
def test_a_secret_that_is_written_in_the_file_is_not_shown_with_its_line(line: str) -> None:
    problems = Problems()
    problems.texts["f"] = line
    problems.error("unknown-key", Mark("f", 1, 1, 3), "it is wrong")
    told = render(problems)
    assert "hunter22" not in told
    assert len(told.splitlines()[1]) == len(line) + 4


def test_references_and_other_values_are_shown() -> None:
    line = 'secret: "${SECRET}", type: $.token, tokens: 5, text: "a token: {{ data.token }}"'
    problems = Problems()
    problems.texts["f"] = line
    problems.error("unknown-key", Mark("f", 1, 1, 3), "it is wrong")
    assert line in render(problems)
