"""The bound on bytes in hand."""

from __future__ import annotations

from router.ingress.waiting import Held, Waiting


def test_bytes_are_counted_over_all_requests_and_given_back_once() -> None:
    waiting = Waiting(100)
    first, second = Held(waiting), Held(waiting)
    assert first.take(60)
    assert not second.take(41)
    assert second.take(40)
    first.release()
    first.release()
    assert waiting.bytes == 40


def test_bytes_that_are_handed_over_count_until_the_other_releases_them() -> None:
    waiting = Waiting(100)
    first = Held(waiting)
    first.take(60)
    second = first.hand_over()
    first.release()
    assert waiting.bytes == 60
    second.release()
    assert waiting.bytes == 0
