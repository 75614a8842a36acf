"""Files that nobody writes in good faith, each with a way of its own to take for ever, or to break a reader."""

from __future__ import annotations

import json
from collections.abc import Callable

HEAD = """version: 1
sources:
  app: {verify: none, type: $.type, id: $.id, time: $.at, data: $.data}
destinations:
  slack: {webhook_url: "https://hooks.slack.com/services/T/B/x"}
  sql: {url: "sqlite:///app.db"}
"""
_MANY = 10_000_000  # characters: almost as many as a file may have


def _route(text: str = "x", where: str = "", action: str = "") -> str:
    action = action or f"slack: {{text: {json.dumps(text)}}}"
    return f"{HEAD}routes:\n  - name: a\n    source: app\n{where}    actions:\n      - {action}\n"


def _where(line: str) -> str:
    return _route(where=f"    where:\n      {line}\n")


def _routes(number: int, one: str) -> str:
    return HEAD + "routes:\n" + "".join(one.replace("#", str(i)) for i in range(number))


def _laughs() -> str:
    text, before = "x-a: &a [x, x, x, x, x, x, x, x, x]\n", "a"
    for name in "bcdefghi":
        text += f"x-{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        before = name
    return f"{text}version: 1\nroutes: *i\n"


def _merges() -> str:
    lines = (f"x-b{i}: &b{i} {{<<: [*b{i - 1}, *b{i - 1}], k{i}: 1}}\n" for i in range(1, 80))
    return "x-b0: &b0 {k0: 1}\n" + "".join(lines)


_ROUTE = "  - {name: a#, source: app, actions: [{slack: {text: x}}]}\n"

HOSTILE: dict[str, Callable[[], str | bytes]] = {
    "nothing": lambda: "",
    "a NUL": lambda: "version: 1\0",
    "UTF-16": lambda: "version: 1\n".encode("utf-16"),
    "Latin-1": lambda: "version: 1 # \xe9".encode("latin-1"),
    "half of a character": lambda: 'version: "\\ud800"\nroutes: []\n',
    "half of a character, in bytes": lambda: b'version: "\xed\xa0\x80"',
    "a billion laughs": _laughs,
    "merges of merges": _merges,
    "an anchor inside itself": lambda: "x-a: &a [*a]\n",
    "40,000 unknown aliases": lambda: "".join(f"k{i}: *a{i}\n" for i in range(40_000)),
    "deep brackets": lambda: "a: " + "[" * 100_000,
    "deep braces": lambda: "a: " + "{a: " * 100_000,
    "deep indentation": lambda: "\n".join(" " * i + "a:" for i in range(3_000)),
    "dashes": lambda: "- " * 100_000,
    "too large": lambda: "a: " + "x" * (_MANY + 2_000_000),
    "one long word": lambda: "a: " + "x" * _MANY,
    "one long comment": lambda: "#" + "x" * _MANY,
    "empty lines": lambda: "\n" * _MANY,
    "a long list": lambda: "a:\n" + "- 1\n" * (_MANY // 4),
    "many keys": lambda: "".join(f"k{i}: 1\n" for i in range(100_000)),
    "one key, many times": lambda: "a: 1\n" * 49_000,
    "a quote that is not closed": lambda: 'a: "' + "x\n " * (_MANY // 4),
    "exclamation marks": lambda: "!" * _MANY,
    "question marks": lambda: "? " * (_MANY // 2),
    "colons": lambda: ": " * (_MANY // 2),
    "documents": lambda: "---\n" * (_MANY // 4),
    "40,000 unquoted templates": lambda: "".join(f"k{i}: {{{{ a }}}} b\n" for i in range(40_000)),
    "references": lambda: 'vars:\n  a: "' + "${A}" * (_MANY // 4) + '"\n',
    "references to files": lambda: 'vars:\n  a: "' + "${file:x}" * (_MANY // 9) + '"\n',
    "one large file, many times": lambda: (
        "vars: {" + ", ".join(f'a{i}: "${{file:big}}"' for i in range(500)) + "}"
    ),
    "open references": lambda: 'vars:\n  a: "' + "${" * (_MANY // 2) + '"\n',
    "a file without an end": lambda: 'version: 1\nvars: {a: "${file:/dev/zero}"}\n',
    "a pipe": lambda: 'version: 1\nvars: {a: "${file:pipe}"}\n',
    "a folder": lambda: 'version: 1\nvars: {a: "${file:folder}"}\n',
    "an include of itself": lambda: "version: 1\ninclude: [routes.yaml]\n",
    "an include of all files": lambda: 'version: 1\ninclude: ["/*/*/*"]\n',
    "an include of a pipe": lambda: "version: 1\ninclude: [pipe]\n",
    "20,000 includes": lambda: "version: 1\ninclude: [" + ", ".join(f"x{i}" for i in range(20_000)) + "]\n",
    "a glob of stars": lambda: 'version: 1\ninclude: ["' + "*a" * 2_000 + '"]\n',
    "a number of 100,000 digits": lambda: "version: " + "9" * 100_000,
    "numbers out of range": lambda: f"version: 1\nserver: {{drain: {'9' * 399}d, max_body: {'9' * 300}GiB}}\n",
    "a retry for ever": lambda: _route(action=f"{{slack: {{text: x}}, retry: {{max_attempts: {'9' * 300}}}}}"),
    "a template of 10 MB": lambda: _route("{{ data.a }}" * (_MANY // 12)),
    "blocks of 10 MB": lambda: _route("{% if data.a %}x{% endif %}" * (_MANY // 27)),
    "deep parentheses": lambda: _route("{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}"),
    "deep negation": lambda: _route("{{ " + "not " * 60_000 + "1 }}"),
    "filters over filters": lambda: _route("{{ data" + "|upper" * 20_000 + " }}"),
    "deep loops": lambda: _route("{% for i in data %}" * 100 + "{% endfor %}" * 100),
    "powers": lambda: _route("{{ 9**9**9**9 }}{{ 2**1e9 }}{{ '9' * 10**9 }}"),
    "constants that grow": lambda: _route(
        "{{ ('a'|indent(999))" + "|replace(' ', '" + "x" * 900 + "')" * 3 + " }}"
    ),
    "a template from a file without an end": lambda: _route(action="slack: {text: {file: /dev/zero}}"),
    "a template from a pipe": lambda: _route(action="slack: {text: {file: pipe}}"),
    "a template from a folder": lambda: _route(action="slack: {text: {file: folder}}"),
    "a deep path": lambda: _where("data" + ".*" * 20_000 + ": 1"),
    "a deep JSONPath": lambda: _where("$" + ".a" * 20_000 + ": 1"),
    "a deep filter": lambda: _where('"$.a[?(' + "(" * 5_000 + "@.a" + ")" * 5_000 + ')]": 1'),
    "a JSONPath of dots": lambda: _where('"$' + "..*" * 5_000 + '": 1'),
    "a deep pattern": lambda: _where("data.a: {matches: '" + "(" * 5_000 + "a" + ")" * 5_000 + "'}"),
    "a pattern that multiplies": lambda: _where("data.a: {matches: '(((a{1,1000}){1,1000}){1,1000}){1,1000}'}"),
    "a pattern of 50,000 words": lambda: _where(
        "data.a: {search: '" + "|".join(f"a{i}" for i in range(50_000)) + "'}"
    ),
    "deep conditions": lambda: _where("any: " + "[{any: " * 45 + "[{data.a: 1}]" + "}]" * 45),
    "20,000 wrong sources": lambda: (
        "version: 1\nsources:\n" + "".join(f"  s{i}: {{provder: clerk}}\n" for i in range(20_000))
    ),
    "9,000 wrong routes": lambda: _routes(9_000, "  - {nam: a#, sorce: ap, actoins: []}\n"),
    "8,000 routes of one name": lambda: _routes(8_000, _ROUTE.replace("a#", "a")),
    "5,000 unknown names": lambda: _routes(5_000, _ROUTE.replace("text: x", 'text: "{{ dta.x# | uper }}"')),
    "20,000 vars, and one misspelled": lambda: (
        f"vars: {{{', '.join(f'v{i}: {i}' for i in range(20_000))}}}\n"
        + _routes(2_000, _ROUTE.replace("text: x", 'text: "{{ vv# }}"'))
    ),
    "20,000 columns": lambda: _route(
        action=f"sql: {{upsert: t, key: id, values: {{{', '.join(f'c{i}: 1' for i in range(20_000))}}}}}"
    ),
    "4,000 parameters that are not used": lambda: _route(
        action="sql: {execute: 'select "
        + ", ".join(f":a{i}" for i in range(4_000))
        + "', params: {"
        + ", ".join(f"b{i}: 1" for i in range(4_000))
        + "}}"
    ),
    "a word of a megabyte": lambda: _route("{{ data | " + "upper" * 20_000 + " }}{{ " + "data" * 20_000 + " }}"),
}
