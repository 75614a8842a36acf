"""What `router diff` found, as values for JSON; docs/diff.md tells their meaning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from router.cli.diff_walk import Walk
from router.comparison.change import Kind
from router.comparison.difference import MISSING, Difference
from router.comparison.settings import Setting
from router.comparison.tally import Example, Failure, Group, Subject


def as_json(walk: Walk, found: Sequence[Setting], before: Path, after: Path, *, stopped: bool) -> dict[str, Any]:
    """Return everything that was found."""
    tally = walk.tally
    return {
        "before": str(before),
        "after": str(after),
        "of": walk.what,
        "differs": tally.differs or bool(found),
        "stopped": stopped,
        "events": tally.events,
        "events_expected": walk.expected,
        "events_differing": tally.changed,
        "seconds": round(walk.seconds, 3),
        "deliveries": {"same": tally.same, **{kind.value: tally.total(kind) for kind in Kind}},
        "groups": [_group(group) for group in tally.groups],
        "failures": [_failure(failure) for failure in tally.failures],
        "settings": [{"of": setting.of, **_difference(setting.difference)} for setting in found],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "kind": group.kind.value,
        "route": group.route,
        "action": group.action,
        "renamed_to": None if group.to is None else {"route": group.to[0], "action": group.to[1]},
        "count": group.count,
        "fields": group.fields,
        "examples": [_example(example) for example in group.examples],
    }


def _example(example: Example) -> dict[str, Any]:
    return {
        **_subject(example.subject),
        "item": example.index,
        "why": example.why or None,
        "state": example.state or None,
        "differences": [_difference(difference) for difference in (*example.differences, *example.sent)],
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "side": failure.side,
        "reason": failure.reason,
        "count": failure.count,
        "examples": [_subject(subject) for subject in failure.examples],
    }


def _subject(subject: Subject) -> dict[str, Any]:
    return {"event": subject.uid, "id": subject.id, "source": subject.source, "type": subject.type}


def _difference(difference: Difference) -> dict[str, Any]:
    """Return the place with the values on both sides; one that is missing has no key."""
    sides = {"before": difference.before, "after": difference.after}
    return {"path": difference.path, **{side: value for side, value in sides.items() if value is not MISSING}}
