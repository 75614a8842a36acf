"""A JSONPath query as a tree of values: what the grammar reads and the translation hands on."""

from __future__ import annotations

from dataclasses import dataclass, field

Constant = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """`.name` or `['name']`: the member of an object."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`[0]`: the element of a list; negative ones count from the end."""

    index: int


@dataclass(frozen=True, slots=True)
class Slice:
    """`[start:end:step]`: elements of a list."""

    start: int | None
    end: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*`: every member of an object, every element of a list."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?...]`: the members or elements for which the test holds."""

    test: Test


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a query; `deep` (`..`) applies the selector to a value and to all that is inside it.

    `end` is where the step ends in the text.
    """

    selector: Name | Index | Slice | Wildcard | Filter
    deep: bool = False
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Query:
    """`$...`, or, inside a filter, also `@...` (`relative`: from the value that is tested)."""

    relative: bool
    steps: tuple[Step, ...]

    @property
    def singular(self) -> bool:
        """Whether it selects one value at most."""
        return all(not step.deep and isinstance(step.selector, Name | Index) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left == right`; one side may be a constant, queries are singular."""

    left: Query | Literal
    operator: str
    right: Query | Literal


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant inside a filter."""

    value: Constant


@dataclass(frozen=True, slots=True)
class Exists:
    """A query by itself: it holds when it selects something, whatever the value."""

    query: Query


@dataclass(frozen=True, slots=True)
class Not:
    """`!test`."""

    test: Test


@dataclass(frozen=True, slots=True)
class And:
    """`a && b`."""

    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """`a || b`."""

    tests: tuple[Test, ...]


Test = Comparison | Exists | Not | And | Or
