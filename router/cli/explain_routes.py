"""Renders what the routes say of an event: every condition, the vars, and what would be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from router.cli.explain_page import Page
from router.cli.output import safe
from router.cli.words import counted, verdict
from router.explaining.settings import in_words as settings_in_words

_GROUPS = {
    "all": "all of these must hold",
    "any": "any: one of these must hold",
    "none": "none: none of these may hold",
}
_ITEMS = 3  # deliveries of one `for_each` that are shown whole


def routes(page: Page, account: Mapping[str, Any]) -> None:
    """Add all routes, and how many there are for other events."""
    all_, others = account["routes"], account["others"]
    if account["failed"]:
        page.fold(f"the event cannot be planned: {account['failed']}", 0, "red")
        return
    near = set(others["nearest"])
    shown = [route for route in all_ if page.verbose or not route["misfit"] or len(all_) == 1]
    made = counted(account["deliveries"], "delivery", "deliveries")
    title = (
        f"{account['taken']} of {len(all_)} routes {'takes' if account['taken'] == 1 else 'take'} it, {made}"
        if account["taken"]
        else "no route takes it"
    )
    if len(all_) != 1:
        page.say(page.paint(title, "bold", *(() if account["taken"] else ("yellow",))))
    for number, route in enumerate(shown):
        if number or len(all_) != 1:
            page.say()
        _route(page, route)
    hidden = [route for route in all_ if route not in shown]
    if hidden:
        page.say()
        page.say(
            page.paint(f"{counted(len(hidden), 'route is', 'routes are')} for other events (-v shows them)", "dim")
        )
        for route in sorted(
            (r for r in hidden if r["route"] in near), key=lambda r: others["nearest"].index(r["route"])
        ):
            page.fold(f"near: {safe(route['route'])}: {route['reason']}", 1, "yellow")
    elif not all_:
        page.say("there are no routes", 1)


def _route(page: Page, route: Mapping[str, Any]) -> None:
    place = page.paint(f"  {safe(route['file'])}:{route['line']}", "dim") if route["file"] else ""
    page.say(f"{verdict(page.paint, taken=route['taken'])}  {page.paint(safe(route['route']), 'bold')}{place}")
    told = _reason(route)
    if told:
        page.fold(told, 1, *(() if route["taken"] else ("yellow",)))
    if route["where"] is not None:
        page.say(f"where  {_held(page, route['where'])}", 1)
        for part in _parts(route["where"]):
            _condition(page, part, 2)
    if route["if"] is not None:
        _if(page, route["if"], 1)
    _vars(page, route["vars"])
    for action in route["actions"]:
        _action(page, route["route"], action)


def _reason(route: Mapping[str, Any]) -> str:
    """Return the reason, where the parts below do not say it."""
    reason = str(route["reason"])
    if route["by"] == "else":
        return "by its `else`, as its conditions do not hold"
    if reason == "taken" or reason.startswith(("where: ", "`if` ")):
        return ""
    if reason.startswith("switched off; besides: "):
        return "switched off (`enabled: false`); besides, it would not take it" + (
            f": {reason.removeprefix('switched off; besides: ')}" if route["misfit"] else ""
        )
    return reason.replace("switched off;", "switched off (`enabled: false`);")


def _parts(condition: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return condition["parts"] if condition["condition"] == "all" and "parts" in condition else [condition]


def _held(page: Page, condition: Mapping[str, Any]) -> str:
    return page.paint("holds", "green") if condition["held"] else page.paint("fails", "red")


def _condition(page: Page, condition: Mapping[str, Any], depth: int) -> None:
    said = _GROUPS[condition["condition"]] if "parts" in condition else safe(condition["condition"])
    page.say(f"{_held(page, condition)}  {said}{page.paint(_line(condition), 'dim')}", depth)
    if "parts" in condition:
        for part in condition["parts"]:
            _condition(page, part, depth + 1)
        return
    styles = ("dim",) if condition["held"] else ()
    for line in _why(condition):
        page.fold(line, depth + 4, *styles)
    if condition["instead"]:
        page.fold(condition["instead"], depth + 4, "yellow", lead="hint: ")


def _line(condition: Mapping[str, Any]) -> str:
    return f"  line {condition['line']}" if "parts" not in condition else ""


def _why(condition: Mapping[str, Any]) -> Iterator[str]:
    reason = condition["reason"]
    starts = ("is ", "selects ", "none of the ")
    yield f"{condition['path']} {reason}" if reason.startswith(starts[:2]) else reason
    if condition["there"] and not str(condition["instead"]).startswith("did you mean"):
        yield condition["there"]


def _if(page: Page, found: Mapping[str, Any], depth: int) -> None:
    expression = " ".join(found["expression"].split())
    word = page.paint("fails", "red") if found["error"] or not found["held"] else page.paint("holds", "green")
    page.say(f"if     {word}  {safe(expression)}", depth)
    if found["error"]:
        page.fold(found["error"], depth + 5, "red")
        page.place(found["excerpt"], depth + 5)
    styles = ("dim",) if found["held"] else ()
    for name, value in found["names"].items():
        page.say(page.paint(f"{safe(name)} = {page.short(value)}{_kind(value)}", *styles), depth + 5)
    for name in found["missing"]:
        page.say(page.paint(f"{safe(name)} is not there", *(styles or ("yellow",))), depth + 5)


def _kind(value: Any) -> str:
    """Say of a text that looks like something else that it is a text."""
    if isinstance(value, str) and (
        value.strip().lstrip("-").replace(".", "", 1).isdigit() or value in ("true", "false")
    ):
        return " (a text)"
    return ""


def _vars(page: Page, vars_: Sequence[Mapping[str, Any]]) -> None:
    for number, var in enumerate(vars_):
        head = "vars   " if number == 0 else "       "
        of = page.paint(f"  (of the {var['of']})", "dim")
        if var["error"]:
            page.say(f"{head}{safe(var['name'])} {page.paint('fails', 'red')}{of}", 1)
            page.fold(var["error"], 6, "red")
            page.place(var["excerpt"], 6)
        else:
            page.say(f"{head}{safe(var['name'])} = {page.short(var['value'])}{of}", 1)


def _action(page: Page, route: str, action: Mapping[str, Any]) -> None:
    name = safe(f"{route}/{action['action']}")
    to = f"{safe(action['plugin'])} to {safe(action['destination'])}"
    host = action.get("settings", {}).get("host")
    if host:
        to += f", {safe(host)}"
    if not action["made"]:
        page.say(f"{page.paint('sends nothing', 'dim')}  {name}: {safe(action['reason'])}", 1)
        if action["if"] is not None:
            _if(page, action["if"], 2)
        return
    page.say(f"{page.paint('action', 'cyan')}  {page.paint(name, 'bold')} ({to})", 1)
    if action["if"] is not None and (page.verbose or action["if"]["error"]):
        _if(page, action["if"], 2)
    if "settings" in action:
        page.say(page.paint(settings_in_words(action["settings"]), "dim"), 2)
    all_ = action["deliveries"]
    shown = all_ if page.verbose else all_[:_ITEMS]
    for delivery in shown:
        _delivery(page, delivery)
    if len(all_) > len(shown):
        page.say(page.paint(f"... and {len(all_) - len(shown)} more items (-v shows them)", "dim"), 2)


def _delivery(page: Page, delivery: Mapping[str, Any]) -> None:
    item = "" if delivery["index"] is None else f", item {delivery['index']}"
    lane = f", lane {safe(delivery['lane'])}" if delivery["lane"] else ""
    due = f", not before {delivery['due_at']}" if delivery["due_at"] else ""
    until = f", not after {delivery['fresh_until']}" if delivery["fresh_until"] else ""
    word = {"dead": ("would be dead", "red"), "skipped": ("would be skipped", "yellow")}.get(
        delivery["state"], ("would send", "green")
    )
    page.say(f"{page.paint(word[0], word[1])}  {delivery['delivery']}{item}{lane}{due}{until}", 2)
    if delivery["state"] == "dead":
        page.fold(delivery["reason"], 3, "red")
        page.place(delivery["excerpt"], 3)
    elif delivery["reason"]:
        page.fold(delivery["reason"], 3)
    if delivery["params"] is not None:
        page.value(delivery["params"], 3)
    _really(page, delivery)


def _really(page: Page, delivery: Mapping[str, Any]) -> None:
    """Add what became of the stored delivery of the same id."""
    if "stored" not in delivery:
        return
    found = delivery["stored"]
    if found is None:
        page.say(page.paint("really: it was not made when the event came", "yellow"), 3)
        return
    reason = f": {found['reason']}" if found["reason"] else ""
    page.fold(f"really: {found['state']} after {counted(found['attempts'], 'attempt')}{reason}", 3, "cyan")
    if not found["same_params"]:
        page.say(page.paint("its parameters were others when the event came", "yellow"), 3)
