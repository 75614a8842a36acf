"""Finds a stored event for `explain`, by the configuration that was in force when it came, or by today's."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from router.cli.exit import AT_FAULT, USAGE, Stop
from router.cli.explain_subject import unset_secrets, usable
from router.cli.store import existing_place, reader
from router.config.problem import did_you_mean
from router.explaining.account import Subject

if TYPE_CHECKING:
    from router.explaining.verification import Verification
    from router.journal.answers import StoredConfig
    from router.journal.postgres.reader import PostgresReader
    from router.journal.reader import SqliteReader
    from router.model import RawRequest, StoredDelivery
    from router.ruleset import Loaded, Ruleset
    from router.sources.source import Source

_PAGE = 1000  # deliveries that are read at once


async def stored(asked: argparse.Namespace, today: Loaded) -> tuple[Loaded, Subject]:
    """Return the stored event that the command names by the router's id or the sender's, or by a delivery's id.

    With it comes the configuration to tell it by: the one that was in force when it came, unless that is today's,
    is not known, cannot be compiled any more, or is not asked for (`--today`).
    """
    from router.live import request_of

    if asked.changes or asked.type or asked.at:
        raise Stop("--set, --type and --at change a payload; a stored event is told as it came", USAGE)
    _check_journal(asked, today)
    async with reader(asked) as store:
        found = await store.event(asked.event)
        if found is None and (delivery := await store.delivery(asked.event)) is not None:
            found = await store.event(delivery.event_uid)
        deliveries = [] if found is None else await _deliveries(store, found.uid)
        config = await store.config(found.config) if found is not None and found.config else None
    if found is None:
        raise Stop(_nothing(asked.event, today), AT_FAULT)
    told = told_by(asked, today, config)
    ruleset = usable(told.loaded)
    source = ruleset.sources.get(asked.source or found.source)
    if source is None:
        hint = "say with --source which one reads it now"
        raise Stop(f"the event is from `{found.source}`, a source that there is no more; {hint}", AT_FAULT)
    request = request_of(found, source)
    return told.loaded, Subject(
        *("stored", f"the stored event {found.uid}", source, request, found.uid),
        _judged(ruleset, source, request),
        notes=told.notes,
        stored=found,
        deliveries=sorted(deliveries, key=lambda d: (d.created_at, d.route, d.action, d.index or 0, d.id)),
        by_stored=told.by_stored,
        differences=told.differences,
    )


async def _deliveries(store: SqliteReader | PostgresReader, uid: str) -> list[StoredDelivery]:
    """Return every delivery of an event: a replay of many items makes as many again."""
    from router.journal.journal import DeliveryFilter

    found: list[StoredDelivery] = []
    while True:
        before = found[-1].id if found else None
        page = await store.deliveries(DeliveryFilter(event=uid, before=before, limit=_PAGE))
        found += page
        if len(page) < _PAGE:
            return found


@dataclass(frozen=True, slots=True)
class ToldBy:
    """A configuration to tell a stored event by, and what is to be said about the choice."""

    loaded: Loaded
    notes: tuple[str, ...] = ()
    by_stored: bool = False
    differences: tuple[str, ...] = ()


def told_by(asked: argparse.Namespace, today: Loaded, config: StoredConfig | None) -> ToldBy:
    """Choose between today's files and those that the journal keeps."""
    from router.config.made_up import made_up
    from router.stored_rules import differences, load_stored

    if config is None:
        note = "the journal does not know the configuration that was in force when it came: told by today's"
        return ToldBy(today, (note,))
    root = folder if (folder := Path(config.root)).is_dir() else asked.config.parent
    changed = tuple(differences(config, os.environ, root=root))
    short = config.digest[:12]
    if today.ruleset is not None and today.ruleset.digest == config.digest:
        return ToldBy(today, differences=changed)
    if asked.today:
        return ToldBy(
            today, (f"told by today's files; when it came, configuration {short} was in force",), False, changed
        )
    then = load_stored(config, os.environ, root=root, made_up=made_up)
    if then.ruleset is None:
        problem = next(iter(then.problems.errors))
        why = f"configuration {short}, which was in force when it came, cannot be used any more"
        return ToldBy(today, (f"{why} ({problem.mark}: {problem.message}): told by today's",), False, changed)
    note = "told by the configuration that was in force when it came; today's is another, see --today"
    if today.ruleset is not None and _same_files(today.ruleset, config):
        note = "told by the configuration that was in force when it came; today's files are the same"
    return ToldBy(then, (note,), True, changed)


def _same_files(ruleset: Ruleset, config: StoredConfig) -> bool:
    """Tell whether the files are those of today, so that only the environment makes another configuration."""
    taken = ruleset.snapshot
    return (dict(taken.files), tuple(taken.read)) == (dict(config.files), tuple(config.read))


def _judged(ruleset: Ruleset, source: Source, request: RawRequest) -> Verification:
    """Tell of its verification: what is stored was verified when it came, and may not be with today's secret."""
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


def _check_journal(asked: argparse.Namespace, today: Loaded) -> None:
    """End with what else the name may mean, where there is no journal to look into."""
    try:
        existing_place(asked)
    except Stop as missing:
        if "/" in asked.event or asked.event.endswith(".json"):
            raise Stop(_nothing(asked.event, today), AT_FAULT) from None
        if asked.event.startswith(("evt_", "dlv_")):
            raise
        said = f"`{asked.event}` is no file and no sample (SOURCE/TYPE, such as clerk/user.created), and "
        raise Stop(f"{said}{missing}", missing.code) from None


def _nothing(name: str, today: Loaded) -> str:
    source, slash, _ = name.partition("/")
    if name.endswith(".json") or name.startswith(("/", "./", "../")):
        return f"there is no file `{name}`"
    hint = did_you_mean(source, today.ruleset.sources) if slash and today.ruleset else None
    if hint:
        return f"there is no source `{source}` ({hint}), no file and no stored event `{name}`"
    return f"`{name}` is no file, no sample (SOURCE/TYPE, such as clerk/user.created) and no id of a stored event"
