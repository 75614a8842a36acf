"""A source to begin with: a provider, or a sender of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from router.config.node import plain
from router.config.problem import Problems
from router.config.yaml import parse
from router.sources.provider import provider, provider_names
from router.sources.samples import sample_types
from router.sources.subject import subject
from router.starter import Subject

OWN = "own"
"""The name of the sender that no provider describes."""

_NEEDED = {
    "public_url": "the whole address that it posts to, https://..., exactly as it is entered there.",
    "verify_token": "a long random text of your own, which is entered there beside the address.",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A source as it will stand in the file, with the words for people; `samples` are types that it can send."""

    name: str
    title: str
    setup: str
    settings: Mapping[str, Any]
    about: Subject
    samples: tuple[str, ...]
    needs: tuple[tuple[str, str], ...]

    @property
    def variables(self) -> dict[str, str]:
        """The variables that its owner has to set, and what each is."""
        words = {"secret": self.setup, "public_key": self.setup, **_NEEDED}
        return {variable: f"{self.title}: {words[key]}" for key, variable in self.needs}


def origin_names() -> tuple[str, ...]:
    """Return what can be asked for: the providers, then the sender of one's own."""
    return (*provider_names(), OWN)


def origin(name: str) -> Origin:
    """Return a source to begin with; KeyError where there is none of this name."""
    if name == OWN:
        return _own()
    known = provider(name)
    return Origin(
        name=name,
        title=known.title,
        setup=f"{known.setup} ({known.link})",
        settings={"provider": name},
        about=subject(known),
        samples=tuple(sample_types(name)),
        needs=known.needs,
    )


def _own() -> Origin:
    text = (files("router.starting") / "own.yaml").read_text(encoding="utf-8")
    node = parse(text, "own.yaml", Problems())
    if node is None:
        raise ValueError("own.yaml is broken")
    found = plain(node)
    return Origin(
        name=OWN,
        title=found["title"],
        setup=found["setup"],
        settings=found["source"],
        about=Subject.model_validate(found["starter"]),
        samples=(),
        needs=tuple(found["needs"].items()),
    )
