"""The grammar of filters, `[?...]`: comparisons, existence, `&&`, `||`, `!` and parentheses."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from router.jsonpath.path_error import PathError
from router.jsonpath.query import And, Comparison, Exists, Literal, Not, Or, Query, Step, Test
from router.jsonpath.scanner import Scanner

MAX_NESTING = 16
"""Parentheses and filters inside one another."""

_OPERATORS = ("==", "!=", "<=", ">=", "<", ">")
_CONSTANTS = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"[^\W\d]\w*")
_WORDS = {"and": "&&", "or": "||", "not": "!"}
_ELSEWHERE = {"match": "matches", "search": "search", "contains": "contains", "in": "in"}


class FilterGrammar(ABC):
    """Reads the test of a filter; `steps` reads the queries in it."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self._nesting = 0

    @abstractmethod
    def steps(self) -> tuple[Step, ...]:
        """Read the steps of a query."""

    def filter_test(self) -> Test:
        """Read what follows `?`."""
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise self.scanner.fail(f"parentheses and filters may be nested {MAX_NESTING} deep")
        test = self._or()
        self._nesting -= 1
        return test

    def _or(self) -> Test:
        tests = [self._and()]
        while self._operator("||"):
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else Or(tuple(tests))

    def _and(self) -> Test:
        tests = [self._basic()]
        while self._operator("&&"):
            tests.append(self._basic())
        return tests[0] if len(tests) == 1 else And(tuple(tests))

    def _operator(self, token: str) -> bool:
        scanner = self.scanner
        scanner.blanks()
        if scanner.take(token):
            return True
        if scanner.next == token[0] and scanner.next:
            raise scanner.fail(f"a single `{token[0]}` is not supported", f"write `{token}`")
        word = _WORD.match(scanner.text, scanner.at)
        if word and word[0].lower() in _WORDS:
            raise scanner.fail(f"`{word[0]}` is not a word of JSONPath", f"write `{_WORDS[word[0].lower()]}`")
        return False

    def _basic(self) -> Test:
        scanner = self.scanner
        scanner.blanks()
        if scanner.take("!"):
            return self._negated()
        if scanner.next == "(":
            test = self._group()
            scanner.blanks()
            after = scanner.at
            if self._comparison_operator() is not None:
                raise scanner.fail(
                    "a group in parentheses cannot be compared", "leave the parentheses out", offset=after
                )
            return test
        start = scanner.at
        left = self._operand()
        scanner.blanks()
        operator = self._comparison_operator()
        if operator is None:
            if isinstance(left, Literal):
                raise scanner.fail("a constant alone says nothing", "compare it: `@.x == 1`", offset=start)
            return Exists(left)
        scanner.blanks()
        middle = scanner.at
        right = self._operand()
        for operand, offset in ((left, start), (right, middle)):
            if isinstance(operand, Query) and not operand.singular:
                raise scanner.fail(
                    "a comparison needs one value on each side; this path may select several",
                    "only names and indexes can be compared; filter what is inside: `[?@.list[?@.x == 1]]`",
                    offset=offset,
                )
        if not any(isinstance(operand, Query) for operand in (left, right)):
            raise scanner.fail("this compares two constants", "one side must be a path: `@.x`", offset=start)
        if isinstance(left, Query) and isinstance(right, Query) and not (left.relative or right.relative):
            raise scanner.fail(
                "this says nothing about the tested value", "one side must begin with `@`", offset=start
            )
        return Comparison(left, operator, right)

    def _negated(self) -> Test:
        scanner = self.scanner
        scanner.blanks()
        if scanner.next == "(":
            return Not(self._group())
        operand = self._operand()
        if isinstance(operand, Literal):
            raise scanner.fail("`!` stands before a path or a group in parentheses")
        scanner.blanks()
        after = scanner.at
        if self._comparison_operator() is not None:
            raise scanner.fail(
                "`!` cannot stand before a comparison", "write `!(@.x == 1)` or `@.x != 1`", offset=after
            )
        return Not(Exists(operand))

    def _group(self) -> Test:
        scanner = self.scanner
        scanner.take("(")
        test = self.filter_test()
        if not scanner.take(")"):
            raise scanner.fail(f"`)` is missing before {scanner.found()}")
        return test

    def _comparison_operator(self) -> str | None:
        scanner = self.scanner
        if scanner.rest.startswith("=~"):
            raise scanner.fail("`=~` is not supported", "name the value by a path, and use `matches` or `search`")
        for operator in _OPERATORS:
            if scanner.take(operator):
                if operator == "==" and scanner.next == "=":
                    raise scanner.fail("`===` is not supported", "write `==`", offset=scanner.at - 2)
                return operator
        if scanner.next == "=":
            raise scanner.fail("a single `=` is not supported", "write `==`")
        if scanner.next and scanner.next in "+-*/%":
            raise scanner.fail(f"arithmetic (`{scanner.next}`) is not supported")
        if (word := _WORD.match(scanner.text, scanner.at)) and word[0] in _ELSEWHERE:
            raise scanner.fail(
                f"`{word[0]}` is not supported in a filter",
                f"name the value by a path, and use the operator `{_ELSEWHERE[word[0]]}`",
            )
        return None

    def _operand(self) -> Query | Literal:
        scanner = self.scanner
        if scanner.take("@"):
            return Query(True, self.steps())
        if scanner.take("$"):
            return Query(False, self.steps())
        if scanner.next in {"'", '"'}:
            return Literal(scanner.quoted())
        if (number := scanner.number()) is not None:
            return Literal(number)
        if word := _WORD.match(scanner.text, scanner.at):
            if word[0] in _CONSTANTS and scanner.text[word.end() : word.end() + 1] != "(":
                scanner.at = word.end()
                return Literal(_CONSTANTS[word[0]])
            raise self._bare(word[0], scanner.text[word.end() :].lstrip()[:1])
        if scanner.next in {"[", "{"}:
            raise scanner.fail("a list or an object cannot be compared with", "compare what is inside it")
        raise scanner.fail(
            f"a path (`@.x`), a text, a number, true, false or null must stand here, not {scanner.found()}"
        )

    def _bare(self, word: str, after: str) -> PathError:
        if after == "(":
            hint = f"name the value by a path, and use `{_ELSEWHERE[word]}`" if word in _ELSEWHERE else None
            return self.scanner.fail(f"functions such as `{word}()` are not supported", hint)
        if word.lower() in _CONSTANTS or word == "None":
            return self.scanner.fail(
                f"`{word}` is not a constant of JSON", f"write `{'null' if word == 'None' else word.lower()}`"
            )
        if word in _WORDS:
            return self.scanner.fail(f"`{word}` is not a word of JSONPath", f"write `{_WORDS[word]}`")
        return self.scanner.fail(
            f"the word `{word}` needs quotes or `@.`",
            f"a text is `'{word}'`, a member of the tested value `@.{word}`",
        )
