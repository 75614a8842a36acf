"""`router init` and `router plugin new`: what they ask, write, and leave alone."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from router.cli.main import main
from router.sources.provider import provider_names

FLAGS = ["--provider", "clerk", "--action", "slack"]
WRITTEN = {"routes.yaml", "routes.test.yaml", ".env.example", ".gitignore"}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(words)
    return code, capsys.readouterr().err


def test_the_files_are_written_and_nothing_is_left_beside_them(folder: Path) -> None:
    assert main(["init", *FLAGS, "--dir", "new/town"]) == 0
    assert names(folder / "new" / "town") == WRITTEN


def test_a_file_that_is_there_stays_and_none_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "routes.test.yaml").write_text("mine")
    code, said = refused(["init", *FLAGS], capsys)
    assert code == 1
    assert "routes.test.yaml is there already" in said
    assert "--force" in said
    assert names(folder) == {"routes.test.yaml"}
    assert (folder / "routes.test.yaml").read_text() == "mine"


def test_force_writes_over_it(folder: Path) -> None:
    (folder / "routes.test.yaml").write_text("mine")
    assert main(["init", *FLAGS, "--force"]) == 0
    assert names(folder) == WRITTEN
    assert "clerk/user.created" in (folder / "routes.test.yaml").read_text()


def test_a_name_that_does_not_exist_is_told_with_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(["init", "--provider", "clark"], capsys) == (
        2,
        "router: there is no provider `clark` (did you mean `clerk`?)\n",
    )
    code, said = refused(["init", "--provider", "clerk", "--action", "carrier-pigeon"], capsys)
    assert code == 2
    assert "known: http, resend, slack, sql" in said


def test_without_a_terminal_and_flags_it_says_which_flags(folder: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "router", "init"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 2
    assert "--provider clerk" in found.stderr
    assert names(folder) == set()


def test_yes_asks_nothing(folder: Path) -> None:
    assert main(["init", "--yes"]) == 0
    assert "provider: clerk" in (folder / "routes.yaml").read_text()


def asked(answers: str) -> tuple[int, str]:
    """Run it on a terminal of its own, with these keys pressed."""
    ours, its = pty.openpty()
    os.write(ours, answers.encode())
    process = subprocess.Popen([sys.executable, "-m", "router", "init"], stdin=its, stdout=its, stderr=its)
    os.close(its)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # the terminal is closed from the other side
        pass
    os.close(ours)
    return process.wait(timeout=60), shown.decode()


def test_on_a_terminal_it_asks_and_enter_accepts(folder: Path) -> None:
    code, shown = asked("\n\n")
    assert code == 0, shown
    assert "Who sends?" in shown
    assert "provider: clerk" in (folder / "routes.yaml").read_text()


def test_names_and_numbers_are_taken_and_it_asks_again_for_what_is_neither(folder: Path) -> None:
    number = provider_names().index("clerk") + 1
    code, shown = asked(f"99\ngithub, {number}\nsql slack\n")
    assert code == 0, shown
    assert "`99` is none of them\r\n" in shown
    routes = (folder / "routes.yaml").read_text()
    assert all(word in routes for word in ("provider: clerk", "provider: github", "slack:", "sql:"))


def test_a_misspelled_name_is_told_with_the_one_that_was_meant(folder: Path) -> None:
    code, shown = asked("githb\ngithub\nslack\n")
    assert code == 0, shown
    assert "`githb` is none of them: did you mean `github`?" in shown


def test_the_end_of_the_input_writes_nothing(folder: Path) -> None:
    code, shown = asked("\x04")
    assert code == 2
    assert "nothing is written" in shown
    assert names(folder) == set()


def test_a_gitignore_that_lets_secrets_through_is_told_of_and_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".gitignore").write_text("*.log\n")
    assert main(["init", *FLAGS]) == 0
    assert "add `.env` to .gitignore" in capsys.readouterr().out
    assert (folder / ".gitignore").read_text() == "*.log\n"


def test_a_new_plugin_passes_its_test_and_can_be_begun_with(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugin", "new", "two-way_pager"]) == 0
    assert "python -m pytest test_two_way_pager.py" in capsys.readouterr().out
    assert names(folder) == {"plugins", "test_two_way_pager.py"}
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_two_way_pager.py"],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert "3 passed" in found.stdout, found.stdout + found.stderr
    assert main(["init", "--provider", "clerk", "--action", "two-way_pager"]) == 0
    capsys.readouterr()
    assert main(["check", "--made-up", "--strict"]) == 0, capsys.readouterr().out
    assert main(["test"]) == 0
    assert main(["plugin", "list"]) == 0
    assert "two-way_pager" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Pager", "lower-case"),
        ("9er", "lower-case"),
        ("../x", "lower-case"),
        ("retry", "meaning"),
        ("slack", "already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    name: str, why: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = refused(["plugin", "new", name], capsys)
    assert code in (1, 2)
    assert why in said
    assert names(folder) == set()


def test_a_plugin_is_not_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "new", "pager"]) == 0
    file = folder / "plugins" / "pager.py"
    file.write_text(file.read_text() + "# mine\n")
    code, said = refused(["plugin", "new", "pager"], capsys)
    assert code == 1
    assert "already" in said
    assert file.read_text().endswith("# mine\n")
    assert main(["plugin", "new", "pager", "--force"]) == 0
    assert not file.read_text().endswith("# mine\n")
