"""How far a long command has come, on a terminal, in a log and where nobody looks."""

from __future__ import annotations

import io

from router.cli.progress import Progress, counted


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_one_line_that_is_written_over_at_most_ten_times_a_second() -> None:
    stream, now = Terminal(), [0.0]
    progress = Progress(stream, clock=lambda: now[0])
    show = counted(progress, "copying")
    for done in range(5):
        show(done, 4)
        now[0] += 0.06
    progress.end()
    assert stream.getvalue().split("\r\x1b[K")[1:] == [
        f"[{'.' * 24}]   0%  copying",
        f"[{'#' * 12}{'.' * 12}]  50%  copying",
        f"[{'#' * 24}] 100%  copying",
        "",
    ]


def test_what_is_unknown_has_no_bar_and_a_line_that_stays_is_above_it() -> None:
    stream = Terminal()
    progress = Progress(stream, clock=lambda: 0.0)
    progress.show(None, "counting")
    progress.say("10 fit")
    assert stream.getvalue() == "\r\x1b[Kcounting\r\x1b[K10 fit\n"


def test_nothing_is_shown_elsewhere_unless_lines_are_wanted() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    counted(progress, "copying")(1, 2)
    progress.say("10 fit")
    progress.end()
    assert stream.getvalue() == ""


def test_a_log_gets_a_line_for_every_tenth() -> None:
    stream = io.StringIO()
    progress = Progress(stream, lines=True)
    for done in range(0, 101, 5):
        counted(progress, "copying")(done, 100)
    assert stream.getvalue().splitlines() == [f"{tenth:3}%  copying" for tenth in range(10, 101, 10)]
