"""What stands for a masked value: of the same type and form, made up, and the same one for the same value."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Collection

from router.masking.kind import Kind

_PREFIX = re.compile(
    r"(?:whsec_|(?:sk|rk|pk)_(?:live|test)_|sk-|xox[a-z]-|xapp-|gh[a-z]_|github_pat_|glpat-|npm_|re_|shp[a-z]{2}_"
    r"|(?i:bearer|basic) )"
)
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_UUID = re.compile(r"[0-9a-fA-F]{8}-")


class Substitutes:
    """Gives each value its substitute; `avoid` are texts that none may be.

    `domains` are those of addresses of mail that are kept, since rules ask for them.
    """

    def __init__(self, avoid: Collection[str] = (), domains: Collection[str] = ()) -> None:
        self._avoid = {text.casefold() for text in avoid}
        self._domains = {domain.casefold() for domain in domains}
        self._numbers: Counter[str] = Counter()
        self._given: dict[str, str] = {}

    def text(self, kind: Kind, value: str) -> str:
        """Return the substitute of a text; a name of several parts, `octo/repo`, keeps them."""
        if kind is Kind.NAME and "/" in value.strip("/"):
            return "/".join(self.text(kind, part) if part else "" for part in value.split("/"))
        known = value.casefold() if kind is Kind.EMAIL else value
        if known not in self._given:
            self._given[known] = self._next(kind, value)
        return self._given[known]

    def number(self, kind: Kind, value: float) -> int | float:
        """Return the substitute of a number: a whole one of a whole one."""
        key = f"{kind} {value!r}"
        if key not in self._given:
            self._numbers["number"] += 1
            self._given[key] = str(self._numbers["number"])
        made = int(self._given[key])
        return float(made) if isinstance(value, float) else made

    def _next(self, kind: Kind, value: str) -> str:
        made = _MAKERS[kind]
        while True:
            counter = _counter(kind, value)
            self._numbers[counter] += 1
            found = made(self._numbers[counter], value)
            if kind is Kind.EMAIL:
                domain = value.rpartition("@")[2].casefold()
                found += f"@{domain if domain in self._domains else 'example.com'}"
            if found.casefold() not in self._avoid:
                return found


def _counter(kind: Kind, value: str) -> str:
    return f"{kind} {value.rpartition('_')[0]}" if kind is Kind.ID and not _UUID.match(value) else kind


def _secret(number: int, value: str) -> str:
    if value.startswith("eyJ"):
        return f"masked.jwt.{number}"
    prefix = _PREFIX.match(value)
    if prefix and prefix[0] == "whsec_":  # one that can be read as a secret, as Svix writes it
        return "whsec_" + b64encode(f"masked secret number {number:03}".encode()).decode()
    return f"{prefix[0] if prefix else ''}masked{number}"


def _id(number: int, value: str) -> str:
    if _UUID.match(value):
        return f"00000000-0000-4000-8000-{number:012}"
    head, line, _ = value.rpartition("_")
    return f"{head}{line or 'id'}{number}"


def _digits(number: int, value: str) -> str:
    count = sum(char.isdigit() for char in value)
    left = iter(str(number).rjust(count, "0"))
    return "".join(next(left) if char.isdigit() else "X" if char.isalpha() else char for char in value)


def _ip(number: int, value: str) -> str:
    if ":" in value:
        return f"2001:db8::{number:x}"  # RFC 3849
    return ("192.0.2.{}", "198.51.100.{}", "203.0.113.{}")[number // 250 % 3].format(number % 250 + number // 750)


def _birthday(number: int, value: str) -> str:
    day, count = _DAY.subn(f"{2000 + number % 20}-01-01", value)
    return day if count else _digits(number, value)


def _blob(number: int, value: str) -> str:
    if _HEX.fullmatch(value):
        return f"{number:0{len(value)}}"
    return b64encode(f"masked {number:02}".encode()).decode() if value.endswith("=") else f"masked{number}"


_MAKERS: dict[Kind, Callable[[int, str], str]] = {
    Kind.SECRET: _secret,
    Kind.EMAIL: lambda number, _: f"user{number}",
    Kind.PHONE: lambda number, value: f"{'+' if value.startswith('+') else ''}1202555{100 + number:04}",
    Kind.NAME: lambda number, _: f"Name{number}",
    Kind.ADDRESS: lambda number, _: f"Address{number}",
    Kind.PLACE: lambda number, _: f"{number}",
    Kind.IP: _ip,
    Kind.BIRTHDAY: _birthday,
    Kind.NUMBER: _digits,
    Kind.URL: lambda number, _: f"masked{number}",
    Kind.BLOB: _blob,
    Kind.ID: _id,
    Kind.ASKED: lambda number, _: f"masked{number}",
}
