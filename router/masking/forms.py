"""What the form of a text says: addresses of mail, tokens, numbers of cards and phones, encoded data, ids.

Forms of tokens are those that their vendors publish for scanners: Stripe, Slack, GitHub, GitLab, AWS, Google, npm,
Shopify, SendGrid, Resend, OpenAI, Standard Webhooks.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from router.masking.kind import Kind
from router.masking.spans import Taken

_TOKENS = (
    r"whsec_[A-Za-z0-9+/=_-]+",
    r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]+",
    r"sk-[A-Za-z0-9_-]{16,}",
    r"xox[a-z]-[A-Za-z0-9-]+|xapp-[A-Za-z0-9-]+",
    r"gh[a-z]_[A-Za-z0-9]+|github_pat_[A-Za-z0-9_]+",
    r"glpat-[A-Za-z0-9_-]+|npm_[A-Za-z0-9]{20,}|re_[A-Za-z0-9]+_[A-Za-z0-9]{16,}",
    r"(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_.-]+",
    r"shp[a-z]{2}_[A-Za-z0-9]+|SG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+|dop_v1_[a-f0-9]+",
    r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*",
    r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)",
    r"(?i:bearer|basic) [A-Za-z0-9._~+/=-]{8,}",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A part of a text that has a form."""

    kind: Kind
    start: int
    end: int


def _any(_: str) -> bool:
    return True


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _mixed(text: str) -> bool:
    return any(char.isdigit() for char in text) and any(char.isalpha() for char in text)


def _encoded(text: str) -> bool:
    """Tell base64 from the path of a file, which has slashes, too."""
    return _mixed(text) and ("/" not in text or (text != text.lower() and text != text.upper()))


def _identified(text: str) -> bool:
    tail = text.rpartition("_")[2]
    return any(char.isdigit() for char in tail) or (tail != tail.lower() and tail != tail.upper())


#: A kind; a character without which no text has the form; the form; what it must fulfil besides.
_FORMS: tuple[tuple[Kind, str, re.Pattern[str], Callable[[str], bool]], ...] = tuple(
    (kind, needed, re.compile(pattern, re.DOTALL), test)
    for kind, needed, pattern, test in (
        (Kind.SECRET, "", rf"(?<![A-Za-z0-9])(?:{'|'.join(_TOKENS)})", _any),
        (
            Kind.EMAIL,
            "@",
            r'[^\s@<>"(),:;\[\]\\/=&?]{0,64}[^\s@<>"(),:;\[\]\\]@[\w-]{1,63}(?:\.[\w-]{1,63})+',
            _any,
        ),
        (Kind.IP, ".", r"(?<![\w.:/-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])", _address),
        (Kind.IP, ":", r"(?<![\w.:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])", _address),
        (Kind.ID, "-", r"(?<![\w-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-])", _any),
        (Kind.NUMBER, "", r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])", _luhn),
        (Kind.NUMBER, "", r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)", _mixed),
        (Kind.PHONE, "", r"(?<![\w.+-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-.]\d{4}(?![\w.-]*\w)", _any),
        (Kind.PHONE, "+", r"(?<![\w+])\+\d[\d ()./-]{6,18}\d(?!\w)", _any),
        (Kind.ID, "_", r"(?<![A-Za-z0-9_-])[A-Za-z]+(?:_[a-z]+)*_[A-Za-z0-9]{8,}(?![A-Za-z0-9_-])", _identified),
        (Kind.BLOB, "", r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{32,}={0,2}(?![A-Za-z0-9+/=])", _encoded),
        (Kind.BLOB, "", r"[A-Za-z0-9]{20,}={0,2}", _mixed),
    )
)
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s\"'<>]+")
"""An address inside a text."""


def forms_in(text: str) -> Iterator[Found]:
    """Yield the parts of a text that have a form, in their order; what two forms claim is the first one's."""
    taken = Taken(len(text))
    found = [
        Found(kind, *match.span())
        for kind, needed, pattern, test in _FORMS
        if needed in text
        for match in pattern.finditer(text)
        if test(match[0]) and taken.take(*match.span())
    ]
    yield from sorted(found, key=lambda one: one.start)
