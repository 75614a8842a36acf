"""The schema of the files of `router test`."""

from __future__ import annotations

from collections.abc import Sequence

from router.schema.choice import Schema
from router.schema.document import DRAFT, offered, read_language, referable
from router.schema.fields import closed
from router.sources.provider import provider_names
from router.sources.samples import sample_types


def schema_of_tests(
    *, sources: Sequence[str] = (), providers: Sequence[str | None] = (), routes: Sequence[str] = ()
) -> Schema:
    """Return the JSON Schema of a file of tests; names are offered, and never demanded.

    `providers` are those of the sources, None where one has none. Without sources each provider is one.
    """
    made = read_language("tests.yaml")
    named = dict(zip(sources, providers, strict=True)) if sources else {name: name for name in provider_names()}
    samples = [f"{source}/{type_}" for source, of in named.items() if of for type_ in sample_types(of)]
    test = made["definitions"]["test"]["properties"]
    test["event"] |= offered(sorted(samples))
    test["source"] |= offered(sorted(named))
    made["definitions"]["expect"]["properties"]["routes"]["items"] = offered(sorted(routes))
    return {"$schema": DRAFT, **closed(referable(made, made["definitions"]))}
