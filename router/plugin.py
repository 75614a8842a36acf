"""The public plugin API: the only module of the router that an action plugin imports.

An action plugin is a file with one class:

    class Shout(Action[ShoutConfig, ShoutParams]):
        '''Shouts a text at an address.'''
        name = "shout"
        Config = ShoutConfig        # one destination: static, may hold SecretStr, is never journalled
        Params = ShoutParams        # one delivery: rendered once, stored; fields carry their kind

        async def execute(self, params, delivery):
            async with self.http.post(self.config.url, json={"text": params.text}) as answer:
                check_status(answer.status, answer.headers, await answer.text())
            return {"status": answer.status}
"""

from __future__ import annotations

import logging
import pathlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import aiohttp
from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, ValidationInfo

from router.errors import Permanent, Retry
from router.knock import knock
from router.probed import Example, Finding, Probed, Use
from router.redaction import Redactor, secrets_in
from router.starter import Starter, Subject
from router.web import (
    BaseUrl,
    HeaderName,
    address,
    check_status,
    one_line,
    read_answer,
    retry_after,
    signing_key,
    standard_signature,
    unreachable,
)

__all__ = [
    "HEADER",
    "HTML",
    "JSON",
    "MRKDWN",
    "NAME",
    "PATH",
    "TEXT",
    "URL",
    "Action",
    "BaseUrl",
    "ConfigFile",
    "Delivery",
    "EventInfo",
    "Example",
    "Fault",
    "Finding",
    "Header",
    "HeaderName",
    "Html",
    "Json",
    "Kind",
    "Model",
    "Mrkdwn",
    "Name",
    "Path",
    "Permanent",
    "Probed",
    "Redactor",
    "Retry",
    "SecretStr",
    "SourceInfo",
    "Starter",
    "Subject",
    "Text",
    "Tree",
    "Url",
    "Usage",
    "Use",
    "address",
    "check_status",
    "knock",
    "one_line",
    "read_answer",
    "retry_after",
    "secrets_in",
    "signing_key",
    "standard_signature",
    "unreachable",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field holds, and so how values inside its template are escaped."""

    name: str


@dataclass(frozen=True, slots=True)
class Tree:
    """Marks a field that holds a tree (Slack's blocks): `leaf` says the kind of each text in it.

    It is called with the text's key and the mapping that it stands in, as both stand in the file.
    """

    leaf: Callable[[str, Mapping[str, Any]], Kind]


TEXT, HTML, MRKDWN, URL, PATH, HEADER, JSON, NAME = (
    Kind(name) for name in ("text", "html", "mrkdwn", "url", "path", "header", "json", "name")
)

Text = Annotated[str, TEXT]  #: plain text, nothing escaped
Html = Annotated[str, HTML]  #: HTML; values are escaped
Mrkdwn = Annotated[str, MRKDWN]  #: Slack's markup; & < > of values are escaped
Url = Annotated[str, URL]  #: http(s); a value inside a text is percent-encoded
Path = Annotated[str, PATH]  #: the path of an address, from its /; a value inside is percent-encoded
Header = Annotated[str, HEADER, AfterValidator(one_line)]  #: one header value; CR and LF are refused
Json = Annotated[Any, JSON]  #: any tree; values keep their types
Name = Annotated[str, NAME]  #: a constant: a template in it is an error (tables, columns)


def _beside(path: pathlib.Path, info: ValidationInfo) -> pathlib.Path:
    folder = (info.context or {}).get("folder", pathlib.Path())
    found = pathlib.Path(folder, path.expanduser())
    if not found.is_file():
        raise ValueError(f"names a file that does not exist: {found}")
    return found


#: Of a Config: a file, relative to the one that names it; it has to exist.
ConfigFile = Annotated[pathlib.Path, AfterValidator(_beside)]


class Model(BaseModel):
    """The base of every Config and Params: unknown keys are refused, values do not change.

    A field whose key is no Python name (`from`) has an alias, and is written under it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, serialize_by_alias=True)


@dataclass(frozen=True, slots=True)
class EventInfo:
    """What an action may know of the event besides its parameters; `headers` are those that are kept."""

    uid: str
    id: str
    source: str
    type: str
    time: datetime
    received_at: datetime
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery during one attempt.

    `id` stays the same over retries: it is the idempotency key. `attempt` counts from 1; `deadline` is
    on the event loop's clock, in seconds. `first_attempt_at` is the start of the first one. `version` is
    the version of an ordered delivery, else None.
    """

    id: str
    attempt: int
    deadline: float
    route: str
    action: str
    event: EventInfo
    now: datetime
    first_attempt_at: datetime
    version: int | None = None
    read_body: Callable[[], bytes] = field(default=lambda: b"", repr=False)
    sign: Callable[[], Mapping[str, str]] = field(default=dict, repr=False)

    def body(self) -> bytes:
        """Return the event's body, as it was received."""
        return self.read_body()

    def resign(self) -> Mapping[str, str]:
        """Return fresh signature headers over the event's body, made with its source's first secret.

        Raises Permanent where the source holds no signing secret.
        """
        return self.sign()


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source that a route takes events from; `signable` when it holds a secret that can sign anew."""

    name: str
    signable: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """Where an action stands: the sources of its route, and for how many seconds it may be retried.

    `delay` is for how many seconds it is held back before (infinite where the event says), and `rate` whether
    its destination has one, so that it may wait.
    """

    sources: tuple[SourceInfo, ...] = ()
    retry_span: float = 0.0
    delay: float = 0.0
    rate: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in an action's parameters, seen before any event; `path` leads to the faulty key."""

    path: tuple[str | int, ...]
    message: str
    warning: bool = False


C = TypeVar("C", bound=Model)
P = TypeVar("P", bound=Model)


class Action(ABC, Generic[C, P]):
    """One thing to do for an event; one object serves one destination."""

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    Config: ClassVar[type[Model]]
    Params: ClassVar[type[Model]]

    #: Set before `open`.
    config: C
    http: aiohttp.ClientSession
    log: logging.Logger

    async def open(self) -> None:
        """Acquire what outlives one delivery. SDKs and drivers are imported here (in a thread), not before."""
        return

    async def close(self) -> None:
        """Give back what `open` acquired."""
        return

    @classmethod
    def check(cls, config: Any, params: Mapping[str, Any], usage: Usage) -> Iterable[Fault]:
        """Yield the faults that a model cannot tell; fields still to be rendered are their template's text.

        `config` is the destination's Config, or None where that is faulty itself.
        """
        return ()

    @classmethod
    def advise(cls, config: Any) -> Iterable[Fault]:
        """Yield what is allowed in settings and probably not meant: warnings at `path` that quote no secret."""
        return ()

    @classmethod
    def starter(cls, about: Subject) -> Starter | None:
        """Return a first use of the action, for `router init`; None: one is made of the required fields."""
        return None

    async def probe(self, uses: Sequence[Use]) -> Probed | None:
        """For `check --connect`, once open: see whether the destination is right for its `uses`; send nothing.

        Raise Retry where it cannot be reached, Permanent where it says no; None means that nothing was looked at.
        """
        return None

    async def prepare(self) -> None:
        """In `dev`, once open: make what this machine lacks, such as the tables of a SQLite file."""
        return

    async def rehearse(self, params: P, delivery: Delivery) -> Mapping[str, Any] | None:
        """In `dev`, before `execute`: return what to tell instead of it; None to go on and execute.

        HTTP through `self.http` is captured anyway; other effects outside this machine are what this is for.
        """
        return None

    @abstractmethod
    def execute(
        self, params: P, delivery: Delivery
    ) -> Awaitable[Mapping[str, Any] | None] | Mapping[str, Any] | None:
        """Make one attempt. Return facts for the record, or raise Retry or Permanent.

        Mostly `async def`. A plain `def` runs in a thread pool of its destination. Any other exception
        counts as a Retry, and its traceback is logged.
        """
