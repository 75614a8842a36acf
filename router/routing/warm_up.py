"""Makes the code of templates before events need it, without holding up what runs beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from router.routing.code import Code
from router.routing.reach import templates_of
from router.routing.table import RouteTable

BREATH = 0.001  #: seconds of rest after each template, in which others get the processor


def warm_up(table: RouteTable, stop: threading.Event) -> None:
    """Make the code of every template, until `stop` is set: to be run in a thread of its own.

    The making of one takes about a millisecond, and holds Python's lock; so it rests after each.
    """
    for code in _codes(table):
        if stop.is_set():
            return
        if not code.ready:
            code.make()
            stop.wait(BREATH)


def _codes(table: RouteTable) -> Iterator[Code]:
    for vars_ in (*table.source_vars.values(), *(route.vars for route in table.routes)):
        for var in vars_:
            yield from (template.code for template in templates_of(var.part))
    for route in table.routes:
        if route.condition is not None:
            yield route.condition.code
        for action in (*route.actions, *route.otherwise, *(route.on_dead or ())):
            yield from (template.code for template in action.templates)
    for action in table.on_dead:
        yield from (template.code for template in action.templates)
