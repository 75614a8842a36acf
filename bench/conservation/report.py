"""An account as people read it."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator

from bench.conservation.account import KEYS, LOST, OTHER, TWICE, Account
from bench.conservation.evidence import CUT, LATE, REFUSED
from bench.conservation.settings import Settings

_FIRST = 3
_PARTICULAR = re.compile(r"\b(evt|dlv)_[\w.-]+|\d+|\([^)]*\)")
_COLUMNS = ("planned", "delivered", "dead", "skipped", "requests", *(REFUSED, CUT, LATE), "unexplained")


def lines(account: Account, settings: Settings) -> Iterator[str]:
    """Yield the report, the verdict last."""
    ready = account.ready_after_kill
    yield f"events acknowledged       {account.acknowledged}"
    yield f"       not acknowledged   {account.unacknowledged}, of which stored {account.unacknowledged_stored}"
    yield f"posts                     {account.posts}, of which answered as duplicates {account.duplicates}"
    refusals = ", ".join(f"{n} {name}" for name, n in account.refusals.most_common())
    yield f"      not acknowledged    {refusals or 'none'}"
    yield f"faults                    {', '.join(f'{n} {name}' for name, n in account.faults.items()) or 'none'}"
    if account.disk:
        yield f"disk                      {account.disk}"
    yield f"starts                    {account.starts}"
    if ready:
        yield f"ready again after a kill  {statistics.median(ready):.2f} s median, {max(ready):.2f} s at most"
    if account.settled_after is not None:
        yield f"settled                   {account.settled_after:.1f} s after the last fault"
    yield f"took                      {account.seconds:.0f} s"
    for note in account.notes:
        yield f"note                      {note}"
    yield ""
    yield from _table(account)
    yield ""
    yield f"lost                      {account.count(LOST)}"
    yield f"sent twice, unexplained   {account.count(TWICE)}"
    yield f"keys that differ          {account.count(KEYS)}"
    yield f"otherwise wrong           {account.count(OTHER)}"
    yield from _offenders(account)
    mutated = f", of the router with {settings.mutate}" if settings.mutate else ""
    verdict = "every acknowledged event is accounted for" if account.fine else "NOT as promised"
    yield f"verdict                   {verdict} (seed {settings.seed}{mutated})"


def _offenders(account: Account) -> Iterator[str]:
    """Yield the first ones of each sort, which is what they say when ids and numbers are left out."""
    sorts: dict[tuple[str, str], list[str]] = {}
    for offence in account.offences:
        said = _PARTICULAR.sub("", offence.what)[:40]
        sorts.setdefault((offence.kind, said), []).append(offence.what)
    for (kind, _), offenders in sorts.items():
        for what in offenders[:_FIRST]:
            yield f"  {kind}: {what}"
        if (more := len(offenders) - _FIRST) > 0:
            yield f"  {kind}: ... and {more} more like these"


def _table(account: Account) -> Iterator[str]:
    yield f"{'destination':<12}" + "".join(f"{name:>12}" for name in _COLUMNS)
    for action, tally in sorted(account.tallies.items()):
        counts = [tally.planned, tally.delivered, tally.dead, tally.skipped, tally.requests]
        counts += [tally.repeats[why] for why in (REFUSED, CUT, LATE)]
        yield f"{action:<12}" + "".join(f"{n:>12}" for n in [*counts, tally.unexplained])
