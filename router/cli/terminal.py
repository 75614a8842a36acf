"""What `router dev` shows: each event's way, from the request to what would have been sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from router.cli.capture import Captured
from router.cli.output import Paint, safe
from router.cli.words import STATES, counted, verdict, verified
from router.model import Attempt, DeliveryState, Event, Outcome, Plan, RawRequest, StoredDelivery
from router.observe import Observer
from router.routing.explain import Explanation, RouteVerdict

_DULL = {"host", "accept", "accept-encoding", "user-agent", "content-length", "connection"}
_MOST = 4000  # characters of one body that are worth showing
_REMEMBERED = 100


class Terminal(Observer):
    """Prints what happens, as it happens."""

    def __init__(
        self,
        explain: Callable[[Event], Explanation],
        scheme: Callable[[str], str],
        captured: Callable[[str], list[Captured]],
        clean: Callable[[str], str],
        *,
        color: bool,
        write: Callable[[str], None] = print,
    ) -> None:
        self._explain = explain
        self._scheme = scheme
        self._captured = captured
        self._clean = clean
        self._paint = Paint(on=color)
        self._write = write
        self._bodies: dict[str, bytes] = {}  # of the last events: what is only forwarded is not shown again

    def refused(self, request: RawRequest | None, source: str, status: int, reason: str) -> None:
        """Show a refusal with the reason that the sender is not told."""
        self._say("")
        self._say(f"{self._paint('refused', 'red', 'bold')} {safe(source)}: {status}, {safe(reason)}")

    def accepted(self, event: Event, plan: Plan, *, duplicate: bool, differs: bool) -> None:
        """Show an event, and of every route why it took it or not."""
        self._say("")
        name = self._paint(safe(f"{event.source}/{event.type}"), "bold")
        if duplicate:
            other = "; its body differs from the first one's" if differs else ""
            self._say(f"{self._paint('again', 'yellow')} {name} {safe(event.id)}: not run twice{other}")
            return
        self._bodies[event.uid] = event.body
        if len(self._bodies) > _REMEMBERED:
            del self._bodies[next(iter(self._bodies))]
        size = f"{len(event.body):,} bytes"
        title = self._paint("received", "cyan", "bold")
        self._say(f"{title} {name} {safe(event.id)}, {size}, {verified(self._scheme(event.source))}")
        number = counted(len(plan.deliveries), "delivery", "deliveries")
        self._say(f"  stored as {event.uid} with {number}, then acknowledged (202)")
        if plan.reason:
            self._say(f"  {plan.state.value}: {safe(plan.reason)}")
        explanation = self._explain(event)
        width = max((len(route.name) for route in explanation.routes), default=0)
        for route in explanation.routes:
            self._route(route, width)
        for planned in plan.deliveries:
            if planned.state is not DeliveryState.READY:
                word, style = STATES[planned.state]
                title = self._paint(word, style, "bold")
                self._say(f"{title} {planned.route}/{planned.action}: {safe(planned.reason)}")
            elif planned.due_at is not None:
                title = self._paint("waiting", "yellow", "bold")
                self._say(
                    f"{title} {planned.route}/{planned.action}: due at {planned.due_at:%Y-%m-%d %H:%M:%S} UTC"
                )

    def attempted(self, delivery: StoredDelivery, attempt: Attempt) -> None:
        """Show how an attempt went, and what would have been sent."""
        word, style = STATES.get(attempt.state, (attempt.outcome.value, "yellow"))
        title = self._paint(word, style, "bold")
        sent = self._captured(f"delivery {delivery.id}")
        how = "captured, not sent" if sent and attempt.outcome is Outcome.DELIVERED else ""
        where = f"{delivery.plugin} to {delivery.destination}" + (f"; {how}" if how else "")
        self._say("")
        self._say(f"{title} {self._paint(f'{delivery.route}/{delivery.action}', 'bold')} ({where})")
        if attempt.reason:
            self._say(f"  {safe(attempt.reason)}")
        for request in sent:
            self._request(request, self._bodies.get(delivery.event_uid))
        if not sent:
            self._tree(json.loads(delivery.params or b"null"))
            if attempt.facts:
                facts = json.dumps(dict(attempt.facts), ensure_ascii=False)
                self._say(f"  {self._paint('result', 'dim')} {safe(facts)}")

    def reloaded(self, digest: str, problems: int, failure: str = "") -> None:
        """Show that the files were read again; the problems themselves are in the log."""
        self._say("")
        if failure:
            self._say(self._paint(f"the files were not put in force: {safe(failure)}", "red"))
        elif problems:
            self._say(self._paint(f"the files have {problems} error(s): the old ones stay in force", "red"))
        else:
            self._say(self._paint(f"reloaded (configuration {digest[:12]})", "cyan"))

    def _route(self, route: RouteVerdict, width: int) -> None:
        mark = verdict(self._paint, taken=route.taken)
        made = ", ".join(
            action.name if action.name == action.plugin else f"{action.name} ({action.plugin})"
            for action in route.actions
            if action.made
        )
        left = [f"not {action.name}: {action.reason}" for action in route.actions if not action.made]
        said = "; ".join([made, *left] if made else left) if route.taken else route.reason
        shown = safe(said) if route.taken else self._paint(safe(said), "dim")
        self._say(f"  {mark}  {safe(route.name).ljust(width)}  {shown}")

    def _request(self, request: Captured, event_body: bytes | None) -> None:
        url = request.url
        if self._clean(url) != url:  # the address itself is a secret; its host is none
            url = f"{urlsplit(url).scheme}://{urlsplit(url).netloc.rpartition('@')[2]}/***"
        self._say(f"  {request.method} {safe(url)}")
        for name, value in request.headers.items():
            if name.lower() not in _DULL:
                shown = "***" if name.lower() in ("authorization", "cookie") else safe(value)
                self._say(self._paint(f"  {name.lower()}: {shown}", "dim"))
        if request.body and request.body == event_body:
            self._say(f"    the event's body as it came, {len(request.body):,} bytes")
            return
        try:
            self._tree(json.loads(request.body))
        except (ValueError, RecursionError):
            self._block(request.body.decode("utf-8", "backslashreplace"))

    def _tree(self, value: Any) -> None:
        self._block(json.dumps(value, indent=2, ensure_ascii=False))

    def _block(self, text: str) -> None:
        cut = text if len(text) <= _MOST else text[:_MOST] + f"\n... ({len(text) - _MOST:,} more characters)"
        for line in cut.split("\n"):
            self._say(f"    {safe(line)}")

    def _say(self, line: str) -> None:
        self._write(self._clean(line))
