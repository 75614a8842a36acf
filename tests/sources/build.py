"""What the tests of sources share: secrets, requests, and sources from YAML text."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from textwrap import dedent

from router.config.node import Mapping as MappingNode
from router.config.problem import Problems
from router.config.yaml import parse
from router.model import RawRequest
from router.sources.compile import compile_sources
from router.sources.provider import provider
from router.sources.source import Source

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(100, 124))).decode()


def compiled(text: str) -> tuple[dict[str, Source], Problems]:
    """Compile the text of a `sources` section; no problem of YAML itself is expected."""
    problems = Problems()
    node = parse(dedent(text), "routes.yaml", problems)
    assert isinstance(node, MappingNode), [p.message for p in problems]
    return compile_sources(node, problems), problems


def source(text: str) -> Source:
    """Compile the one source of a section that has no errors."""
    sources, problems = compiled(text)
    assert not problems.errors, [p.message for p in problems.errors]
    (only,) = sources.values()
    return only


def codes(text: str) -> list[str]:
    """Return the codes of the errors of a section."""
    return [problem.code for problem in compiled(text)[1].errors]


def request(
    body: bytes,
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
    *,
    at: datetime = NOW,
    query: Iterable[tuple[str, str]] = (),
) -> RawRequest:
    """Return a request as ingress hands it over."""
    pairs = tuple(headers.items()) if isinstance(headers, Mapping) else tuple(headers)
    return RawRequest("s", "POST", "/webhooks/s", tuple(query), pairs, body, at)


FILLED = {
    "secret": SECRET,
    "public_key": SECRET,
    "public_url": "https://hooks.example.com/webhooks/s",
    "verify_token": "a-verify-token",
}
"""What a provider needs; a signing secret in place of a public key is a key pair, as `dev` makes one up."""


def preset(name: str, **others: str) -> str:
    """Return the text of a source of a provider, with all that it needs."""
    keys = {"provider": name, **{key: FILLED[key] for key, _ in provider(name).needs}, **others}
    return "{" + ", ".join(f"{key}: '{value}'" for key, value in keys.items()) + "}"
