"""What the actions of a configuration would send for the sample events of its sources' providers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from router.errors import Rejected
from router.model import DeliveryState, Event
from router.probed import Example
from router.ruleset import Ruleset
from router.sources.samples import sample, sample_types
from router.specimen import received, signed_request

_ITEMS = 3  # deliveries of one action for one event: `for_each` makes many
_SAMPLES = 100  # of all sources together


def examples(ruleset: Ruleset, now: datetime) -> Mapping[tuple[str, str], list[Example]]:
    """Return the examples of each action, by the names of its route and itself; pure.

    What a template makes dead, and what is skipped, is no example.
    """
    found: defaultdict[tuple[str, str], list[Example]] = defaultdict(list)
    for number, event in enumerate(_events(ruleset, now)):
        if number >= _SAMPLES:
            break
        for delivery in ruleset.plan(event).deliveries:
            if delivery.state is DeliveryState.READY and (delivery.index or 0) < _ITEMS:
                example = Example(f"{event.source}/{event.type}", json.loads(delivery.params))
                found[delivery.route, delivery.action].append(example)
    return found


def _events(ruleset: Ruleset, now: datetime) -> Iterator[Event]:
    for source in ruleset.sources.values():
        for type_ in sample_types(source.provider) if source.provider else ():
            body = json.dumps(sample(source.provider or "", type_, now)).encode()
            try:
                specimen = received(source, signed_request(source, type_, body, "msg_example", now), "evt_example")
            except (ValueError, Rejected):  # a source of that provider that is verified in another way
                continue
            if specimen.event is not None:
                yield specimen.event
