"""The sandbox that templates run in: Jinja's, with the doors closed that it leaves open.

Templates come from the configuration, not from senders; this keeps a slip of the pen, and a payload of giant
lists, from holding the process up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Undefined
from jinja2.lexer import TokenStream
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

from router.routing.bounds import STEPS, BoundsError, budget
from router.routing.filters import filters, tests, weigh
from router.routing.markup import Raw
from router.routing.methods import method
from router.routing.tokens import tokens
from router.routing.undefined import Missing
from router.routing.values import OMIT

_DIGITS = 4096  # bits of the largest number that `*` and `**` may make


class Lazy:
    """A name whose value is computed when it is used first."""

    __slots__ = ()

    def value(self) -> Any:
        """Return the value; raises what its computation raised."""
        raise NotImplementedError


class LazyContext(Context):
    """The names of one render; lazy ones are computed on use."""

    def resolve_or_missing(self, key: str) -> Any:
        """Return the value of a name."""
        value = super().resolve_or_missing(key)
        return value.value() if isinstance(value, Lazy) else value


def bounded_range(*args: int) -> range:
    """Return a range of at most as many numbers as a loop may have turns."""
    numbers = range(*args)
    if len(numbers) > STEPS:
        raise BoundsError(f"`range` gives at most {STEPS:,} numbers")
    return numbers


GLOBALS: dict[str, Any] = {"range": bounded_range, "omit": OMIT}


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of one kind of field; `finalize` turns each printed value into the field's text."""

    context_class = LazyContext
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(
        self, finalize: Callable[[Any], str], *, autoescape: bool = False, marker: type[str] = Raw
    ) -> None:
        super().__init__(
            undefined=Missing,
            autoescape=autoescape,
            finalize=finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            cache_size=0,
        )
        self.globals.clear()
        self.globals.update(GLOBALS)
        self.filters = filters(marker)
        self.filters["_method"] = self._method
        self.tests.update(tests())

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        """Return the tokens of a text; those of a plain expression are read in a faster way."""
        if state == "variable" and (found := tokens(source)) is not None:
            return TokenStream(iter(found), name, filename)
        return super()._tokenize(source, name, filename, state)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a member: the key of a mapping, never its methods; of a missing member, itself."""
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, Mapping):
            return self._key(obj, attribute)
        found = super().getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute) if callable(found) else found

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an element by its key or index, never an attribute that happens to be called so."""
        if isinstance(obj, Undefined):
            return obj
        if isinstance(argument, Undefined):
            str(argument)  # raises, naming what is missing
        if isinstance(obj, Mapping):
            return self._key(obj, argument)
        if isinstance(argument, slice):
            weigh(obj)
        try:
            return obj[argument]
        except (LookupError, TypeError, ValueError):
            return self.undefined(obj=obj, name=argument)

    def _key(self, obj: Mapping[Any, Any], key: Any) -> Any:
        try:
            return obj[key]
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=key)

    def _method(self, obj: Any, name: str) -> Any:
        if isinstance(obj, Undefined):
            return obj
        found = method(obj, name)
        return self.undefined(f"there is no method `{name}` for templates", obj, name) if found is None else found

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a method or macro; a macro counts as a loop step."""
        if isinstance(__obj, Macro):
            budget().step()
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute with numbers; texts and lists can be added, and nothing else."""
        if isinstance(left, Undefined) or isinstance(right, Undefined):
            return super().call_binop(context, operator, left, right)
        if operator == "+":
            weigh(left)
            weigh(right)
        elif not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise BoundsError(f"`{operator}` is for numbers; see `format` and `join` for texts")
        elif isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * (abs(right) if operator == "**" else 1)
            if (operator == "**" and bits > _DIGITS) or (operator == "*" and bits + right.bit_length() > _DIGITS):
                raise BoundsError(f"`{operator}` makes too large a number")
        return super().call_binop(context, operator, left, right)
