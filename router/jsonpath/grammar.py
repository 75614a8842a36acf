"""The grammar of `$...` paths: the supported subset of RFC 9535; anything else is an error that says so."""

from __future__ import annotations

from router.jsonpath.filter_grammar import FilterGrammar
from router.jsonpath.path_error import PathError
from router.jsonpath.query import Filter, Index, Name, Query, Slice, Step, Wildcard
from router.jsonpath.scanner import Scanner

MAX_STEPS = 64
"""Steps of one query."""


def parse(text: str) -> Query:
    """Read a path; raises PathError."""
    scanner = Scanner(text)
    if not scanner.take("$"):
        raise scanner.fail("a JSONPath begins with `$`, the payload", f"write `$.{text.lstrip('.')}`")
    query = Query(False, _Grammar(scanner).steps())
    if scanner.next:
        raise _after_a_step(scanner)
    return query


class _Grammar(FilterGrammar):
    """Reads steps; filters, which hold queries again, are the base class's."""

    def steps(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        while step := self._step():
            steps.append(step)
            if len(steps) > MAX_STEPS:
                raise self.scanner.fail(f"a path may have {MAX_STEPS} steps")
        return tuple(steps)

    def _step(self) -> Step | None:
        scanner = self.scanner
        start = scanner.at
        scanner.blanks()
        deep = scanner.take("..")
        if scanner.take("["):
            selector: Name | Index | Slice | Wildcard | Filter = self._bracket()
        elif deep or scanner.take("."):
            selector = self._shorthand()
        else:
            scanner.at = start
            return None
        return Step(selector, deep, scanner.at)

    def _shorthand(self) -> Name | Wildcard:
        scanner = self.scanner
        if scanner.take("*"):
            return Wildcard()
        if name := scanner.name():
            if scanner.next == "(":
                raise scanner.fail(f"functions such as `{name}()` are not supported")
            return Name(name)
        if scanner.next.isdigit():
            raise scanner.fail("an index stands in brackets", "write `[0]`, without the dot before it")
        if scanner.next in {"'", '"'}:
            raise scanner.fail("a quoted name stands in brackets", "write `['name']`, without the dot before it")
        if scanner.next == "[":
            raise scanner.fail("there is a dot too many before `[`", "write `a[0]`, not `a.[0]`")
        raise scanner.fail(f"a name or `*` must follow the dot, not {scanner.found()}")

    def _bracket(self) -> Name | Index | Slice | Wildcard | Filter:
        scanner = self.scanner
        scanner.blanks()
        selector = self._selector()
        scanner.blanks()
        if scanner.next == ",":
            raise scanner.fail(
                "several selectors in one bracket are not supported", "write one condition for each"
            )
        if not scanner.take("]"):
            raise scanner.fail(f"`]` is missing before {scanner.found()}")
        return selector

    def _selector(self) -> Name | Index | Slice | Wildcard | Filter:
        scanner = self.scanner
        if scanner.next in {"'", '"'}:
            return Name(scanner.quoted())
        if scanner.take("*"):
            return Wildcard()
        if scanner.take("?"):
            return Filter(self.filter_test())
        first = scanner.integer()
        after = scanner.at
        scanner.blanks()
        if scanner.take(":"):
            return self._slice(first)
        scanner.at = after
        if first is not None:
            return Index(first)
        if scanner.next == "(":
            raise scanner.fail(
                "script expressions `(...)` are not supported", "a filter begins with `?`: `[?(...)]`"
            )
        if name := scanner.name():
            raise scanner.fail(
                f"the name `{name}` must be quoted in brackets",
                f"write `['{name}']` or `.{name}`",
                offset=scanner.at - len(name),
            )
        raise scanner.fail(
            f"a bracket holds a quoted name, an index, a slice, `*` or `?...`, not {scanner.found()}"
        )

    def _slice(self, start: int | None) -> Slice:
        scanner = self.scanner
        scanner.blanks()
        end = scanner.integer()
        scanner.blanks()
        step = None
        if scanner.take(":"):
            scanner.blanks()
            step = scanner.integer()
        return Slice(start, end, step)


def _after_a_step(scanner: Scanner) -> PathError:
    rest = scanner.rest
    if not rest.strip():
        return scanner.fail("blanks at the end are not supported")
    if rest[0] in {"~", "^", "`"}:
        return scanner.fail(f"`{rest[0]}` is not part of RFC 9535 and not supported")
    if rest.lstrip()[0] in {*"=<>!+-*/&|"}:
        return scanner.fail(
            f"`{rest.lstrip()[0]}` cannot stand outside a filter",
            "compare with operators: `<path>: {gt: 3}`; or in a filter: `[?@.x > 3]`",
        )
    return scanner.fail(f"`.` or `[` must follow here, not {scanner.found()}")
