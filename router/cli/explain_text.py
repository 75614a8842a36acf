"""Renders an account of an event for people; see explaining/account.py for what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from router.cli.explain_page import Page
from router.cli.explain_routes import routes
from router.cli.output import Paint, safe
from router.cli.words import counted

_STYLES = {"verified": "green", "refused": "red", "unknown": "yellow", "unchecked": "yellow"}
_WORDS = {"unknown": "cannot be judged", "unchecked": "not verified"}

_DELIVERIES = 20  # stored deliveries of an event that are shown one by one


def render(account: Mapping[str, Any], *, color: bool, verbose: bool = False) -> str:
    """Return the account as text; `verbose` leaves nothing out."""
    page = Page(Paint(on=color), verbose=verbose)
    _head(page, account)
    _verification(page, account["verification"])
    if account["event"] is None:
        page.say()
        if account["handshake"]:
            page.say(page.paint("handshake", "green", "bold") + f"  {safe(account['unreadable'])}")
        else:
            page.say(page.paint("unreadable", "red", "bold") + f"  {safe(account['unreadable'])} (400)")
        return page.text
    _event(page, account["event"])
    if account["stored"] is not None:
        _stored(page, account["stored"])
    page.say()
    if account["verification"]["verdict"] == "refused":
        page.say(page.paint("It is refused, and no route sees it. Were it taken in:", "yellow"))
        page.say()
    routes(page, account)
    return page.text


def _head(page: Page, account: Mapping[str, Any]) -> None:
    subject, event, used = account["subject"], account["event"], account["configuration"]
    kind = "(handshake)" if account["handshake"] else "(unreadable)"
    type_ = event["type"] or "(no type)" if event else kind
    page.say(
        page.paint(safe(f"{subject['source']}/{type_}"), "bold") + (f"  {safe(event['id'])}" if event else "")
    )
    page.say(f"{safe(subject['name'])}, {subject['bytes']:,} bytes, received {_second(subject['received_at'])}", 1)
    for note in subject["notes"]:
        page.fold(note, 1)
    page.say(page.paint(f"by {safe(used['file'])} (configuration {used['digest'][:12]})", "dim"), 1)
    for difference in used["differences"]:
        page.fold(f"since then: {difference}", 1, "yellow")
    if used["made_up"]:
        page.fold(f"not set, so made up: {', '.join(used['made_up'])}", 1, "dim")


def _verification(page: Page, found: Mapping[str, Any]) -> None:
    verdict = found["verdict"]
    page.say()
    title = page.paint(_WORDS.get(verdict, verdict), _STYLES[verdict], "bold")
    status = f" {found['status']}" if found["status"] else ""
    old = f", by secret {found['secret']}: not the newest" if (found["secret"] or 1) > 1 else ""
    scheme = f" ({found['scheme']}{old})" if verdict == "verified" else ""
    page.say(f"{title}{status}{scheme}" + (f": {safe(found['reason'])}" if found["reason"] else ""))
    width = max((len(header["name"]) for header in found["headers"]), default=0)
    for header in found["headers"]:
        value = "" if header["value"] is None else safe(header["value"])
        note = f"{'  ' if value else ''}({safe(header['note'])})" if header["note"] else ""
        missing = header["value"] is None
        page.say(f"{safe(header['name']).ljust(width)}  {value}{page.paint(note, 'red' if missing else 'dim')}", 1)
    for hint in found["hints"]:
        page.fold(hint, 1, "yellow", lead="hint: ")


def _event(page: Page, event: Mapping[str, Any]) -> None:
    page.say()
    page.say(page.paint("event", "bold"))
    for found in event["found"]:
        value = safe(found["value"]) or "none"
        place = f", from {safe(found['place'])}" if found["place"] and not found["note"] else ""
        page.say(f"{found['what']:<5} {value}{page.paint(place, 'dim')}", 1)
        if found["note"]:
            page.fold(found["note"], 4, *(() if found["value"] else ("yellow",)))


def _stored(page: Page, stored: Mapping[str, Any]) -> None:
    page.say()
    said = stored["state"] + (f": {stored['reason']}" if stored["reason"] else "")
    page.say(page.paint("what became of it", "bold") + f"  {safe(said)}")
    if stored["duplicates"]:
        other = stored["duplicates_with_another_body"]
        differs = f", {other} of them with another body" if other else ""
        page.say(f"it came {counted(stored['duplicates'], 'more time')}, which ran nothing{differs}", 1)
    all_ = stored["deliveries"]
    shown = all_ if page.verbose else all_[:_DELIVERIES]
    for delivery in shown:
        page.fold(in_words(delivery), 1)
    if len(all_) > len(shown):
        states = Counter(delivery["state"] for delivery in all_[len(shown) :])
        more = ", ".join(f"{number:,} {state}" for state, number in states.items())
        page.say(page.paint(f"... and {len(all_) - len(shown):,} more: {more} (-v shows them)", "dim"), 1)
    if stored["besides"]:
        number = len(stored["besides"])
        page.fold(
            f"{counted(number, 'of them would', 'of them would')} not be made by a plan of now: of a replay, of a"
            " death, or of routes that have changed since",
            1,
            "dim",
        )


def in_words(delivery: Mapping[str, Any]) -> str:
    """Say in one sentence how a stored delivery stands."""
    item = "" if delivery["index"] is None else f" (item {delivery['index']})"
    reason = f": {delivery['reason']}" if delivery["reason"] else ""
    tried = counted(delivery["attempts"], "attempt")
    return f"{delivery['route']}/{delivery['action']}{item} is {delivery['state']} after {tried}{reason}"


def _second(moment: str) -> str:
    return moment.partition(".")[0].removesuffix("Z") + "Z"
