"""Compares the verdict of the verification with the expected one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from router.config.node import Mapping, Node, Scalar, Sequence
from router.specimen import Specimen
from router.testing.case import Case, Expected, Verdict
from router.testing.outcome import Edit, Failure, Reason
from router.testing.snapshot import snapshot, verdict_of

_PATH = ("expect", "verify")


def judge_verdict(case: Case, expected: Expected, specimen: Specimen) -> Iterator[Failure]:
    """Yield where the verdict is another one; a test that says nothing of it expects `ok`."""
    wanted, node = expected.verify or (Verdict(True), None)
    refusal = specimen.refusal
    mark = expected.mark if node is None else node.mark
    if refusal is None:
        if not wanted.ok:
            yield Failure("verify", "it is accepted", mark, _said(wanted), "ok", edit=Edit(_PATH, "ok"))
        return
    if wanted.ok:
        edit = (
            Edit(("expect",), snapshot(specimen, None, None))
            if node is None
            else Edit(_PATH, verdict_of(specimen))
        )
        message = f"it is refused with {refusal.status}: {refusal.reason}"
        yield Failure("verify", message, mark, reasons=tuple(hints(case, refusal.reason)), edit=edit)
        return
    message = "it is refused for another reason"
    if wanted.status not in (None, refusal.status):
        place = _inner(node, "status")
        edit = Edit((*_PATH, "status"), refusal.status)
        told = f"{message}: {refusal.reason}"
        yield Failure("verify.status", told, place or mark, wanted.status, refusal.status, edit=edit)
    if wanted.reason is not None and wanted.reason not in refusal.reason:
        place = _inner(node, "reason")
        edit = Edit(_PATH if place is None else (*_PATH, "reason"), refusal.reason)
        yield Failure("verify.reason", message, place or mark, wanted.reason, refusal.reason, edit=edit)


def _inner(node: Node | None, name: str) -> Any:
    inner = node.get(name) if isinstance(node, Mapping) else None
    return None if inner is None else inner.mark


def _said(wanted: Verdict) -> Any:
    if wanted.status is None:
        return wanted.reason or "refused"
    return {"status": wanted.status, **({} if wanted.reason is None else {"reason": wanted.reason})}


def hints(case: Case, reason: str) -> Iterator[Reason]:
    """Yield what often makes a genuine request be refused in a test."""
    if not case.given.captured:
        return
    if "timestamp" in reason and not case.given.timed:
        yield Reason("it is judged by 2026-01-15T12:00:00Z: say in `at` when it came")
    ruleset = case.known.ruleset
    made = list(_variables(ruleset.document.sources.get(case.given.source.name)))
    if unset := [name for name in made if name in ruleset.document.made]:
        names = ", ".join(f"`{name}`" for name in unset)
        yield Reason(f"{names} is not set, and its value made up: set it to the secret that signed, with `env`")


def _variables(node: Node | None) -> Iterator[str]:
    """Yield the variables that are written in a part of the configuration."""
    if isinstance(node, Scalar):
        yield from re.findall(r"\$\{([A-Za-z_][A-Za-z0-9_]*)", node.text)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _variables(item)
    elif isinstance(node, Mapping):
        for _, value in node.entries:
            yield from _variables(value)
