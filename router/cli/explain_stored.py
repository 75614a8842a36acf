"""Finds a stored event for `explain`, as today's sources read it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from router.cli.exit import AT_FAULT, USAGE, Stop
from router.cli.store import existing_place, reader
from router.config.problem import did_you_mean
from router.explaining.account import Subject

if TYPE_CHECKING:
    from router.explaining.verification import Verification
    from router.journal.answers import StoredEvent
    from router.model import RawRequest
    from router.ruleset import Ruleset
    from router.sources.source import Source


async def stored(asked: argparse.Namespace, ruleset: Ruleset) -> Subject:
    """Return the stored event that the command names by the router's id or the sender's, or by a delivery's id."""
    from router.journal.journal import DeliveryFilter
    from router.model import RawRequest

    if asked.changes or asked.type or asked.at:
        raise Stop("--set, --type and --at change a payload; a stored event is told as it came", USAGE)
    _check_journal(asked, ruleset)
    async with reader(asked) as store:
        found = await store.event(asked.event)
        if found is None and (delivery := await store.delivery(asked.event)) is not None:
            found = await store.event(delivery.event_uid)
        deliveries = [] if found is None else await store.deliveries(DeliveryFilter(event=found.uid, limit=1000))
    if found is None:
        raise Stop(_nothing(asked.event, ruleset), AT_FAULT)
    source = ruleset.sources.get(asked.source or found.source)
    if source is None:
        hint = "say with --source which one reads it now"
        raise Stop(f"the event is from `{found.source}`, a source that there is no more; {hint}", AT_FAULT)
    request = RawRequest(
        source=source.name,
        method="POST",
        path=source.path,
        query=found.query,
        headers=found.headers,
        body=found.body,
        received_at=found.received_at,
    )
    judged = _judged(asked, ruleset, source, request, found)
    deliveries = sorted(deliveries, key=lambda d: (d.created_at, d.id))
    return Subject(
        *("stored", f"the stored event {found.uid}", source, request, found.uid, judged),
        stored=found,
        deliveries=deliveries,
    )


def _judged(
    asked: argparse.Namespace, ruleset: Ruleset, source: Source, request: RawRequest, found: StoredEvent
) -> Verification:
    """Tell of its verification: what is stored was verified when it came, and may not be with today's secret."""
    from router.cli.explain_subject import unset_secrets
    from router.explaining.verification import Verification, verification

    if source.scheme.name == "none":
        return verification(source, request)
    if source.scheme.credentials:
        return Verification(source.scheme.name, "verified", "when it came; its token is never stored")
    now = verification(source, request)
    hints: tuple[str, ...] = ()
    if now.verdict != "verified":
        made = unset_secrets(ruleset, source)
        hints = (
            (f"it cannot be verified again here: {made} is not set",)
            if made
            else (f"today's secret does not verify it any more: {now.reason}",)
        )
    return replace(now, verdict="verified", reason="when it came", status=None, hints=hints)


def _check_journal(asked: argparse.Namespace, ruleset: Ruleset) -> None:
    """End with what else the name may mean, where there is no journal to look into."""
    if "/" in asked.event or asked.event.endswith(".json"):
        try:
            existing_place(asked)
        except Stop:
            raise Stop(_nothing(asked.event, ruleset), AT_FAULT) from None


def _nothing(name: str, ruleset: Ruleset) -> str:
    source, slash, _ = name.partition("/")
    if name.endswith(".json") or name.startswith(("/", "./", "../")):
        return f"there is no file `{name}`"
    hint = did_you_mean(source, ruleset.sources) if slash else None
    if hint:
        return f"there is no source `{source}` ({hint}), no file and no stored event `{name}`"
    return f"`{name}` is no file, no sample (SOURCE/TYPE, such as clerk/user.created) and no id of a stored event"
