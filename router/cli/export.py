"""`router events export`: a stored event as a test, as a captured request, or as it is stored."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, FINE, USAGE, Stop
from router.cli.options import add_journal
from router.cli.output import dump, safe
from router.cli.store import reader

if TYPE_CHECKING:
    from router.journal.journal import StoredEvent
    from router.masking.kind import Kind
    from router.masking.masker import Path as Place
    from router.model import Event
    from router.testing.exported import Exported

_PLACES = 6  # of a kind that are named


def add_export(verbs: Any) -> None:
    """Add `export` to the command group."""
    command = verbs.add_parser(
        "export",
        help="one event as a test with personal data masked, as a captured request, or as it is stored",
        description="Write a stored event to standard output or a file. As a test, secrets and personal data are "
        "masked, and what today's routes make of it is the expectation. Otherwise nothing is masked.",
    )
    command.add_argument("id", help="the router's id of the event, or the sender's")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--as-test", action="store_true", help="as a test for `router test`, masked")
    how.add_argument(
        "--request", action="store_true", help="as a captured request, for `router explain --request`"
    )
    where = command.add_mutually_exclusive_group()
    where.add_argument("--out", type=Path, metavar="FILE", help="into this new file")
    where.add_argument("--append", type=Path, metavar="FILE", help="at the end of this file of tests")
    command.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="PATH",
        help="do not mask this: data.plan, data.items.*.name",
    )
    command.add_argument("--mask", action="append", default=[], metavar="PATH", help="mask this too: data.note")
    add_journal(command)
    command.set_defaults(command=export)


def export(asked: argparse.Namespace) -> int:
    """Write the event."""
    if (asked.append or asked.keep or asked.mask) and not asked.as_test:
        raise Stop("--append, --keep and --mask go with --as-test", USAGE)
    if asked.out is not None and asked.out.exists():
        hint = "; --append adds a test to it" if asked.as_test else ""
        raise Stop(f"{asked.out} exists already, and is not overwritten{hint}", AT_FAULT)
    event = asyncio.run(_stored(asked))
    if not asked.as_test:
        said = _request(event) if asked.request else _whole(event)
        _write(asked.out, dump(said) + "\n")
        print("nothing is masked: it is as it came, but for credentials, which are never stored", file=sys.stderr)
        return FINE
    found = _exported(asked, event)
    _tell(found)
    if asked.append is not None:
        _append(asked.append, found.case)
    else:
        from router.testing.append import new_file

        _write(asked.out, new_file(found.case))
    return FINE


async def _stored(asked: argparse.Namespace) -> StoredEvent:
    async with reader(asked) as store:
        event = await store.event(asked.id)
    if event is None:
        raise Stop(f"no event has the id `{asked.id}` (see `router events list`)", AT_FAULT)
    return event


def _exported(asked: argparse.Namespace, stored: StoredEvent) -> Exported:
    from router.cli.output import colored
    from router.config.made_up import made_up
    from router.config.report import render
    from router.errors import Rejected
    from router.live import reread
    from router.ruleset import load_ruleset
    from router.testing.exported import exported

    loaded = load_ruleset(asked.config, os.environ, made_up=made_up)
    if loaded.ruleset is None:
        print(render(loaded.problems, loaded.texts, color=colored(sys.stderr)), file=sys.stderr)
        raise Stop(f"{asked.config} has errors: what is to be expected cannot be said", AT_FAULT)
    try:
        event = reread(stored, loaded.ruleset.sources)
    except Rejected as error:
        raise Stop(f"{asked.config} cannot read the event: {error.reason}", AT_FAULT) from None
    keep, more = ([_place(text, event) for text in texts] for texts in (asked.keep, asked.mask))
    try:
        return exported(loaded.ruleset, event, keep, more)
    except ValueError as error:
        raise Stop(f"{error}: export it with --request", AT_FAULT) from None


def _place(text: str, event: Event) -> Place:
    """Return the path from the payload's root that a path from `data` or `payload` means."""
    from router.masking.place import Unplaced, place_of

    try:
        return place_of(text, event.payload, event.data)
    except Unplaced as error:
        raise Stop(str(error), AT_FAULT) from None


def _whole(event: StoredEvent) -> dict[str, Any]:
    return {
        "event": event.uid,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": event.time,
        "received_at": event.received_at,
        "headers": event.headers,
        "query": event.query,
        "payload": _payload(event.body),
    }


def _payload(body: bytes) -> Any:
    import json

    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def _request(event: StoredEvent) -> dict[str, Any]:
    from base64 import b64encode

    from router.testing.exported import by_name

    try:
        body: Any = event.body.decode("utf-8")
    except UnicodeDecodeError:
        body = {"base64": b64encode(event.body).decode("ascii")}
    said = {"source": event.source, "at": event.received_at, "headers": by_name(event.headers), "body": body}
    return said | ({"query": by_name(event.query)} if event.query else {})


def _tell(found: Exported) -> None:
    """Say on standard error what was masked, and what that changed."""
    lines = [f"masked {_count(sum(map(len, found.places.values())))}" if found.places else "nothing was masked"]
    lines += [_of_kind(kind, places) for kind, places in _in_order(found.places)]
    lines += [f"what a test cannot say is left out: {text}" for text in found.lost]
    if found.otherwise:
        lines += [f"note: {text}" for text in found.otherwise]
        lines.append("keep what the routes look at with --keep PATH, or change the payload in the test")
    print("\n".join(safe(line) for line in lines), file=sys.stderr)


def _in_order(places: Mapping[Kind, Collection[str]]) -> list[tuple[Kind, Collection[str]]]:
    from router.masking.kind import Kind

    return [(kind, places[kind]) for kind in Kind if kind in places]


def _of_kind(kind: Kind, places: Collection[str]) -> str:
    named = list(places)[:_PLACES]
    more = f", and {len(places) - len(named)} more" if len(places) > len(named) else ""
    return f"  {len(places)} {kind.value}: {', '.join(named)}{more}"


def _count(number: int) -> str:
    return f"{number} value{'' if number == 1 else 's'}"


def _append(file: Path, case: dict[str, Any]) -> None:
    from router.testing.append import appended, new_file
    from router.testing.splice import Unspliceable
    from router.testing.update import put

    if not file.exists():
        _write(file, new_file(case))
        return
    try:
        text = file.read_bytes().decode("utf-8")
        changed = appended(text, case)
    except Unspliceable as error:
        raise Stop(f"nothing was added to {file}: {error}", AT_FAULT) from None
    except UnicodeDecodeError:
        raise Stop(f"nothing was added to {file}: it is not UTF-8", AT_FAULT) from None
    put(file, changed.encode())
    print(f"added a test to {file}", file=sys.stderr)


def _write(file: Path | None, text: str) -> None:
    if file is None:
        sys.stdout.write(text)
        return
    with file.open("xb") as out:
        out.write(text.encode("utf-8", "surrogatepass"))
    print(f"wrote {file}", file=sys.stderr)
