"""The command line as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from router import __version__
from router.cli.main import main, parser


def router(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "router", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"router {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["unknown"], ["events"], ["check", "--nope"], ["events", "list", "--limit", "x"]],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_retry_and_replay_of_everything_have_to_be_spelled_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retry"]) == 2
    assert main(["replay"]) == 2
    assert "--all" in capsys.readouterr().err


def test_a_missing_configuration_ends_with_1_and_names_it(tmp_path: Path) -> None:
    for command in (["check"], ["run"], ["dev"], ["send", "clerk/user.created"], ["events", "list"]):
        ended = router(*command, cwd=tmp_path)
        assert ended.returncode == 1, command
        assert "routes.yaml" in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_missing_journal_ends_with_3_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text("version: 1\n")
    for command in (["events", "list"], ["deliveries", "show", "dlv_1"], ["retry", "--all"]):
        ended = router(*command, cwd=tmp_path)
        assert ended.returncode == 3, command
        assert "router.db" in ended.stderr


def test_a_file_that_is_no_journal_ends_with_3_and_is_told_of_once(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text("version: 1\n")
    (tmp_path / "router.db").write_text("a letter to my aunt")
    ended = router("run", cwd=tmp_path)
    assert ended.returncode == 3
    assert ended.stderr.count("router.db") == 1
    assert "is not a journal" in ended.stderr


def test_help_needs_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; from router.cli.main import parser; parser().format_help();"
        "print({'aiohttp', 'svix', 'sqlalchemy', 'slack_sdk', 'resend', 'jinja2'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "set()"


def test_every_command_has_a_help_text() -> None:
    commands: Any = next(action for action in parser()._actions if action.choices)
    assert {choice.dest for choice in commands._choices_actions} == set(commands.choices)
    assert all(choice.help for choice in commands._choices_actions)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_the_output_is_told_without_a_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "router", "plugin", "list"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 3
    assert ended.stderr == "router: [Errno 28] No space left on device\n"


def test_an_output_that_knows_only_ascii_is_written_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text("version: 1\nsources: {\u540d: {verify: none}}\n", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "router", "check", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "\\u540d" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_check_tells_what_cannot_have_been_meant_and_ends_with_0(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text(
        "version: 1\n"
        f"sources: {{clerk: {{provider: clerk, secret: whsec_{'QUFB' * 8}}}}}\n"
        'destinations: {slack: {webhook_url: "https://hooks.slack.com/services/T/B/x"}}\n'
        "routes:\n"
        "  - {name: a, event: user.created, actions: [slack: {text: '{{ data.frist_name }}'}]}\n"
    )
    ended = router("check", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "routes.yaml:5:69: warning: no sample of clerk user.created has `data.frist_name`" in ended.stdout
    assert "hint: did you mean `data.first_name`?" in ended.stdout
    assert "1 warning" in ended.stdout
