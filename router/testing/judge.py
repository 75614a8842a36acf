"""Compares what happened with what a test expects, part by part."""

from __future__ import annotations

from collections.abc import Iterator

from router.config.node import Scalar
from router.model import DeliveryState, EventState, Plan
from router.routing.explain import Explanation
from router.specimen import Specimen
from router.testing.case import Case, Expected
from router.testing.judge_action import Judged, judge_action
from router.testing.judge_verdict import hints, judge_verdict
from router.testing.outcome import Edit, Failure
from router.testing.reasons import why, why_not
from router.testing.snapshot import deliveries_of, snapshot, told


def judge(case: Case, specimen: Specimen, plan: Plan | None, explanation: Explanation | None) -> Iterator[Failure]:
    """Yield each thing that is not as expected; without a plan the request was refused."""
    expected = case.expected
    if expected is None:
        message = "nothing is expected yet: write `expect`, or let `--update` write what came out"
        whole = snapshot(specimen, plan, explanation)
        reasons = tuple(hints(case, specimen.refusal.reason)) if specimen.refusal else ()
        yield Failure("expect", message, case.mark, reasons=reasons, edit=Edit(("expect",), whole))
        return
    yield from judge_verdict(case, expected, specimen)
    event = specimen.event
    if event is None or plan is None or explanation is None:
        return
    if case.given.type is not None and event.type != case.given.type:
        message = "the payload makes another event of it: its type has to stand in the payload"
        yield Failure("event", message, case.mark, case.given.type, event.type)
    if plan.state is EventState.PLAN_FAILED:
        yield Failure("plan", plan.reason or "planning failed", expected.mark)
        return
    yield from _routes(expected, explanation, case)
    yield from _actions(expected, plan, explanation, case)
    if expected.exactly is None:
        yield from _dead(expected, plan)


def _dead(expected: Expected, plan: Plan) -> Iterator[Failure]:
    """Yield the actions that are dead, of which the test does not speak."""
    spoken = {str(key.value) for key, _ in expected.actions}
    dead = {
        name: deliveries
        for name, deliveries in deliveries_of(plan).items()
        if name not in spoken and any(delivery.state is DeliveryState.DEAD for delivery in deliveries)
    }
    edit: Edit | None = None
    for name, deliveries in dead.items():
        reason = next(delivery.reason for delivery in deliveries if delivery.state is DeliveryState.DEAD)
        if spoken:
            edit = Edit(("expect", "actions", name), told(deliveries))
        elif edit is None:
            edit = Edit(("expect", "actions"), {name: told(of_it) for name, of_it in dead.items()})
        yield Failure(name, f"it is dead: {reason}", expected.mark, edit=edit)


def _routes(expected: Expected, explanation: Explanation, case: Case) -> Iterator[Failure]:
    if expected.routes is None:
        return
    wanted, node = expected.routes
    taken = [route.name for route in explanation.routes if route.taken]
    missing = [route for route in explanation.routes if route.name in wanted and not route.taken]
    others = [route for route in explanation.routes if route.taken and route.name not in wanted]
    if not missing and not others:
        return
    said = [f"{', '.join(f'`{route.name}`' for route in missing)} did not take it"] if missing else []
    said += [f"{', '.join(f'`{route.name}`' for route in others)} took it, too"] if others else []
    kept = [name for name in wanted if name in taken] + [route.name for route in others]
    reasons = tuple(reason for route in (*missing, *others) for reason in why(route, case.known))
    edit = Edit(("expect", "routes"), kept)
    yield Failure("routes", "; ".join(said), node.mark, list(wanted), taken, reasons, edit)


def _actions(expected: Expected, plan: Plan, explanation: Explanation, case: Case) -> Iterator[Failure]:
    found = deliveries_of(plan)
    clean = case.known.redactor.text
    verdicts = {route.name: route for route in explanation.routes}
    known = set(expected.routes[0] if expected.routes else ())  # where they are missing, that is told already

    def judged(name: str, part: str) -> Judged:
        parameters = case.known.parameters(name)
        path = ("expect", part, name)
        return Judged(
            name, found.get(name, []), parameters, clean, path, why_not(name, verdicts, case.known, known)
        )

    for key, node in expected.actions:
        yield from judge_action(judged(str(key.value), "actions"), node, key.mark, exactly=False)
    if expected.exactly is None:
        return
    for key, node in expected.exactly.entries:
        yield from judge_action(judged(str(key.value), "exactly"), node, key.mark, exactly=True)
    for name in [name for name in found if expected.exactly.get(name) is None]:
        nothing = Scalar(None, expected.exactly.mark, "null")
        yield from judge_action(judged(name, "exactly"), nothing, expected.exactly.mark, exactly=True)
