"""What counts as a reason for sending something again, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.conservation.destination import Seen
from bench.conservation.evidence import CUT, LATE, REFUSED, Evidence, timed_out
from bench.conservation.faults import Fault
from bench.conservation.replica import Boot, Replica
from router.journal.journal import StoredAttempt
from router.model import Outcome

T = 1_000_000.0  # seconds since 1970
GRACE, TIMEOUT = 2.0, 1.0


def seen(at: float, mood: str = "fine", process: str = "0.0", answered: float | None = None) -> Seen:
    return Seen("steady", "evt_1", 0, "dlv_1", process, T + at, mood, T + (at if answered is None else answered))


def killed(at: float, name: str = "0.0") -> Boot:
    return Boot(name, T - 10, T - 9, T + at, Fault.KILL)


def stopped(began: float, ended: float, name: str = "0.0") -> Boot:
    return Boot(name, T - 10, T - 9, stops=[(T + began, T + ended)])


def evidence(*boots: Boot, full: list[tuple[float, float]] | None = None) -> Evidence:
    return Evidence(boots, [(T + began, T + ended) for began, ended in full or ()], GRACE, TIMEOUT)


def attempt(began: float, ended: float, outcome: Outcome) -> StoredAttempt:
    moments = [datetime.fromtimestamp(T + at, UTC) for at in (began, ended)]
    return StoredAttempt(1, moments[0], moments[1], outcome, None, {})


@pytest.mark.parametrize("mood", ["error", "reset", "close", "noise", "truncated", "flood", "later", "until"])
def test_a_destination_that_misbehaves_is_asked_again(mood: str) -> None:
    assert evidence().explain(seen(0, mood), seen(0.1)) == REFUSED


def test_nothing_explains_what_is_sent_again_after_a_fine_answer() -> None:
    assert evidence().explain(seen(0), seen(0.1)) is None
    assert evidence(killed(-1)).explain(seen(0), seen(0.1)) is None


def test_a_request_that_hangs_is_not_sent_again_before_its_time_out() -> None:
    assert evidence().explain(seen(0, "hang"), seen(0.2)) is None
    assert evidence().explain(seen(0, "hang"), seen(1.0)) == REFUSED


def test_a_kill_explains_only_what_was_in_flight_or_not_committed_yet() -> None:
    assert evidence(killed(GRACE - 0.1)).explain(seen(0), seen(5)) == CUT
    assert evidence(killed(GRACE + 0.1)).explain(seen(0), seen(5)) is None
    assert evidence(killed(0.1, name="1.0")).explain(seen(0), seen(5)) is None, "another process was killed"


def test_an_end_by_sigterm_explains_nothing() -> None:
    boot = Boot("0.0", T - 10, T - 9, T + 0.1, Fault.TERM)
    assert evidence(boot).explain(seen(0), seen(5)) is None


def test_on_a_full_disk_an_outcome_waits_until_there_is_room() -> None:
    full = [(-1.0, 3.0)]
    assert evidence(killed(8), full=full).explain(seen(0), seen(12)) == CUT
    assert evidence(killed(12), full=full).explain(seen(0), seen(14)) is None
    assert evidence(full=full).explain(seen(0), seen(4)) is None, "it is kept, not forgotten"


def test_what_stood_still_may_have_been_taken_over_or_be_late() -> None:
    assert evidence(stopped(0.1, 3)).explain(seen(0), seen(2, process="1.0")) == CUT
    woken, other = seen(3.1), Boot("1.0", T)
    assert evidence(other, stopped(-9, 3)).explain(seen(0, process="1.0"), woken) == CUT
    assert evidence(other, stopped(-9, 3)).explain(woken, seen(4, process="1.0")) == CUT
    assert evidence(other, stopped(-1, 3)).explain(woken, seen(4, process="1.0")) is None, "not long enough"
    assert evidence(other, stopped(-19, -9)).explain(woken, seen(4, process="1.0")) is None, "long ago"


def test_an_answer_after_the_time_out_is_one_only_where_the_journal_says_so() -> None:
    late, quick = attempt(-0.5, 0.6, Outcome.RETRY), attempt(-0.1, 0.1, Outcome.RETRY)
    assert timed_out([late, quick, attempt(-0.5, 0.6, Outcome.DELIVERED)], TIMEOUT) == 1
    assert evidence().explain(seen(0), seen(2), late=True) == LATE
    assert evidence().explain(seen(0), seen(2)) is None


def test_a_row_tells_not_who_wrote_it_so_any_kill_at_that_time_explains_it() -> None:
    row = seen(0, process="")
    assert evidence(killed(-5, "0.0"), killed(0.5, "1.0")).explain(row, seen(1, process="")) == CUT
    assert evidence(killed(-5, "0.0")).explain(row, seen(1, process="")) is None


def given_up(at: float) -> Boot:
    return Boot("0.0", T - 10, T - 9, losses=[T + at])


def test_a_process_that_was_given_up_though_it_lived_explains_what_the_journal_says_it_lost() -> None:
    crashed, interrupted = attempt(-0.1, 4, Outcome.CRASHED), attempt(-0.1, 4, Outcome.INTERRUPTED)

    def explained(boot: Boot, *attempts: StoredAttempt, again: float = 5) -> str | None:
        return evidence(boot).explain(seen(0), seen(again), attempts=attempts)

    assert explained(given_up(3), crashed, attempt(4.9, 5.1, Outcome.DELIVERED)) == CUT
    assert explained(given_up(6), crashed) == CUT, "it says so when it notices"
    assert explained(given_up(3)) is None
    assert explained(given_up(3), interrupted) is None, "it was given back by somebody"
    assert explained(given_up(3), crashed, again=3.5) is None, "it was sent again before it was given up"
    assert explained(given_up(-1), crashed) is None, "that was before it began"
    assert explained(Boot("0.0", T - 10, T - 9), crashed) is None, "the process knows nothing of it"
    assert explained(given_up(3), attempt(-3, -2, Outcome.CRASHED), attempt(-0.1, 0.1, Outcome.DELIVERED)) is None


def test_when_a_process_was_given_up_is_read_from_what_it_printed(tmp_path: Path) -> None:
    replica = Replica(0, tmp_path, {}, [])
    replica.boots = [Boot("0.0", T, ended=T + 10), Boot("0.1", T + 11)]
    moments = [datetime.fromtimestamp(T + at, UTC).isoformat().replace("+00:00", "Z") for at in (5, 12, 13)]
    said = "this process was taken for dead by another replica: it stops what it runs, and goes on as a new worker"
    (tmp_path / "router.log").write_text(
        f"{moments[0]} ERROR   router.journal.postgres.life: {said}\n"
        f"{moments[1]} ERROR   router.journal.postgres.life: {said}\n"
        f"{moments[2]} ERROR   router.delivery.recorder: {said}\nTraceback\n"
    )
    replica.note_losses()
    assert [boot.losses for boot in replica.boots] == [[T + 5], [T + 12]]
