"""The rules of a statement that can be told before any event, and again when its values are there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from router.plugin import Fault

from .binds import read_sql
from .params import VERBS

_TAKES = {
    "upsert": ("key", "values"),
    "insert": ("values",),
    "update": ("values", "where"),
    "delete": ("where",),
    "execute": ("params",),
}
_PARTS = ("key", "values", "where", "params")
_EMPTY = {
    "key": "`key` is empty: name the columns of a unique index",
    "values": "`values` is empty: name at least one column",
    "where": "an empty `where` would be every row: say which rows are meant",
}
_MOST = 500  # names that a misspelled one is compared with
_OMIT = re.compile(r"\{[{%][^}]*\bomit\b")

Path = tuple[str | int, ...]


def near(word: str, known: Iterable[str]) -> str:
    """Return `: did you mean ...?`; '' where nothing is near."""
    names = set(known)
    if len(names) > _MOST:
        return ""
    folded = {name.lower(): name for name in sorted(names)}
    if close := get_close_matches(word.lower(), folded, n=1):
        return f": did you mean `{folded[close[0]]}`?"
    return ""


def rules(params: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with the parameters, whether they are rendered yet or not."""
    verbs = [verb for verb in (*VERBS, "transaction") if params.get(verb) is not None]
    if len(verbs) != 1 or verbs[0] != "transaction":
        yield from _statement(params, verbs, ())
        return
    for part in _PARTS:
        if params.get(part) is not None:
            yield Fault((part,), f"`{part}` belongs into a statement of the `transaction`")
    items = params["transaction"]
    if not isinstance(items, list | tuple):
        return
    if not items:
        yield Fault(("transaction",), "`transaction` is empty: list its statements")
    for number, item in enumerate(items):
        if not isinstance(item, Mapping):
            continue
        if item.get("transaction") is not None:
            yield Fault(("transaction", number, "transaction"), "a `transaction` cannot hold another one")
        inner = [verb for verb in VERBS if item.get(verb) is not None]
        yield from _statement(item, inner, ("transaction", number))


def template_rules(params: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with templates: a condition that can vanish, or be a list."""
    items = params.get("transaction")
    inner = items if isinstance(items, list | tuple) else ()
    places: list[tuple[Path, Any]] = [((), params), *((("transaction", n), item) for n, item in enumerate(inner))]
    for path, statement in places:
        where = statement.get("where") if isinstance(statement, Mapping) else None
        for column, value in where.items() if isinstance(where, Mapping) else ():
            at = (*path, "where", column)
            if isinstance(value, str) and _OMIT.search(value):
                yield Fault(at, "`omit` in a `where` would touch other rows than meant: leave it out")
            elif isinstance(value, list | Mapping):
                yield Fault(at, "a `where` compares with one value: use `execute` for anything else")


def _statement(params: Mapping[str, Any], verbs: list[str], path: Path) -> Iterator[Fault]:
    if not verbs:
        what = "upsert, insert, update, delete, execute" + ("" if path else " or transaction")
        yield Fault(path, f"this does nothing yet: write one of {what}")
        return
    if len(verbs) > 1:
        yield Fault(
            (*path, verbs[1]),
            f"`{verbs[0]}` and `{verbs[1]}` are two statements: write a `transaction`, a list of them",
        )
        return
    verb = verbs[0]
    if not str(params[verb]).strip():
        yield Fault((*path, verb), f"`{verb}` is empty: " + ("write SQL" if verb == "execute" else "name a table"))
    for part in _PARTS:
        value = params.get(part)
        if part not in _TAKES[verb]:
            if value is not None:
                yield Fault((*path, part), f"`{verb}` takes no `{part}`")
        elif value is None and part in _EMPTY:
            yield Fault(path, f"`{verb}` needs `{part}`")
        elif part in _EMPTY and not value:
            yield Fault((*path, part), _EMPTY[part])
    if verb == "upsert":
        yield from _key(params, path)
    if verb == "execute":
        yield from _binds(params, path)
    where = params.get("where")
    for column, value in where.items() if isinstance(where, Mapping) else ():
        if value is None:
            yield Fault(
                (*path, "where", column),
                f"`{column}` is null, and a `where` never means IS NULL: write that as SQL, in `execute`",
            )


def _key(params: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    key, values = params.get("key"), params.get("values")
    columns = [key] if isinstance(key, str) else list(key) if isinstance(key, list) else []
    for number, column in enumerate(columns):
        at = (*path, "key") if isinstance(key, str) else (*path, "key", number)
        if not isinstance(column, str):
            continue  # the model says what it should be
        if column in columns[:number]:
            yield Fault(at, f"`{column}` stands twice in `key`")
        elif isinstance(values, Mapping) and values and column not in values:
            yield Fault(at, f"`{column}` is in `key` but not in `values`{near(column, values)}")
        elif isinstance(values, Mapping) and values and values[column] is None:
            yield Fault(
                (*path, "values", column), f"`{column}` is null, and a row without its key cannot be found again"
            )


def _binds(params: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    sql = read_sql(str(params["execute"]))
    if sql.fault:
        yield Fault((*path, "execute"), sql.fault)
    given = params.get("params") or {}
    if not isinstance(given, Mapping):
        return
    for name in dict.fromkeys(sql.names):
        if name not in given:
            yield Fault((*path, "execute"), f"`:{name}` has no value in `params`{near(name, given)}")
    written = frozenset(sql.names)
    for name in given:
        if name not in written:
            yield Fault((*path, "params", name), f"`:{name}` is not in the SQL{near(name, sql.names)}")
