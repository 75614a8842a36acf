"""What `router init` writes: what a first route is about, as its provider says, and what an action makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mail(_Part):
    """A mail about the event: to the person it is about, if there is one with an address, else to the team."""

    to: str | None = Field(None, description="Template of the address; none: the team's.")
    if_: str | None = Field(
        None, alias="if", description="Expression that has to hold, as an address may be missing."
    )
    subject: str = Field(description="Template of the subject.")
    text: str = Field(description="Template of the mail.")


class Column(_Part):
    """A column of the table, and what stands in it."""

    type: str = Field(description="Its type in SQL, as SQLite and PostgreSQL both know it.")
    value: str = Field(description="Template of the value.")


class Table(_Part):
    """A table that is kept in step with the sender."""

    name: str = Field(description="Name of the table and of its route.")
    about: str = Field(description="What the route does, one sentence.")
    save: list[str] = Field(description="Event types that write a row.")
    remove: str | None = Field(None, description="Event type that takes it away.")
    key: str = Field(description="The column that tells the rows apart.")
    columns: dict[str, Column] = Field(description="The columns, in order.")


class Example(_Part):
    """One more test of the route, where a sample is changed: what comes of it is worked out."""

    name: str = Field(description="What it shows.")
    set: dict[str, Any] = Field(description="Changes of the payload, by dotted paths.")


class Subject(_Part):
    """What the first routes of a source are about. Templates have the names of the source's events."""

    name: str = Field(description="Name of the route.")
    about: str = Field(description="What the route is for, one sentence.")
    event: str | None = Field(description="Its event type; none: whatever comes.")
    where: dict[str, Any] | None = Field(None, description="Conditions, as in a route.")
    text: str = Field(description="Template of one line that tells the event.")
    mail: Mail
    table: Table
    payloads: dict[str, dict[str, Any]] = Field(
        default={}, description="Payloads for tests by their event types, where there is no sample."
    )
    examples: list[Example] = Field(default=[], description="More tests.")


@dataclass(frozen=True, slots=True)
class Starter:
    """What an action makes of a subject, as it stands in the file.

    `settings` are those of the destination (named as the action where `destination` is None), `actions` the
    actions of a route, `vars` the file's. Each variable of the environment (`${NAME}` in settings and vars) has
    a sentence in `variables`: what it is and where to find it. `table` says that the actions belong to the
    route of the table. `files` are written beside the configuration; what several subjects write to one file
    is put together.
    """

    settings: Mapping[str, Any]
    actions: Sequence[Mapping[str, Any]]
    destination: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    vars: Mapping[str, str] = field(default_factory=dict)
    table: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
