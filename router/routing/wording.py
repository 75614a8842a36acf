"""What Jinja says of a faulty template, in plain words: what it is, where it is, what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass

from router.config.problem import did_you_mean
from router.routing.dialects import TAGS

_TAGS = ("if", "elif", "else", "endif", "for", "endfor", "set", "endset", "filter", "endfilter", "macro", "raw")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_WRITTEN = {  # as other languages write it: what to write here
    "===": "write `==`",
    "!==": "write `!=`",
    "&&": "write `and`",
    "||": "write `or`",
    "<>": "write `!=`",
    "=~": "write a condition with `search` in `where`",
    "=>": "write `>=`",
    "??": "write `or`, or `| default('x')` where it may be missing",
}
_WORDS = {
    **dict.fromkeys(("contains", "includes"), "write the part first: `'a' in data.x`"),
    **dict.fromkeys(("matches", "like"), "write a condition with `matches` in `where`"),
    **dict.fromkeys(("startswith", "starts_with"), "write `data.x.startswith('a')`"),
}
_OPERATOR = re.compile("|".join(map(re.escape, _WRITTEN)))


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, and the word that it is about, with its offset in the text where that is known."""

    message: str
    hint: str | None = None
    word: str = ""
    offset: int | None = None


def in_words(message: str, source: str, *, expression: bool) -> Said:
    """Return what is meant by an error of Jinja's parser; its own words where nothing better is known."""
    blank = _QUOTED.sub(lambda match: " " * len(match[0]), source)  # the same text, its quoted parts out of sight
    return (
        _of_blocks(message, blank)
        or _of_operators(message, blank, expression=expression)
        or _of_characters(message, source, blank)
        or _of_ends(message, blank, expression=expression)
        or Said(message.rstrip("."))
    )


def _of_blocks(message: str, source: str) -> Said | None:
    open_ = re.search(r"innermost block that needs to be closed is '(\w+)'", message)
    if unknown := re.search(r"unknown tag '(\w+)'", message):
        tag = unknown[1]
        at = _tag(source, tag)
        if open_ and tag.startswith("end"):
            said = f"`{{% {tag} %}}` cannot stand here: the open block is `{{% {open_[1]} %}}`"
            return Said(said, f"close it with `{{% end{open_[1]} %}}` first", tag, at)
        if tag.startswith("end") or tag in _TAGS:
            return Said(f"`{{% {tag} %}}` stands outside of the block it belongs to", None, tag, at)
        return Said(f"there is no tag `{tag}`", TAGS.get(tag) or did_you_mean(tag, _TAGS), tag, at)
    if open_:
        tag = open_[1]
        return Said(
            f"`{{% {tag} %}}` is not closed", f"write `{{% end{tag} %}}` behind it", tag, _tag(source, tag)
        )
    return None


def _of_operators(message: str, source: str, *, expression: bool) -> Said | None:
    inside = source if expression else "".join(_inside(source))
    if match := _OPERATOR.search(inside):
        return Said(f"there is no `{match[0]}` here", _WRITTEN[match[0]], match[0], match.start())
    if (match := re.search(r"(?<![=!<>(,])=(?!=)", inside)) and re.search(r"end of|'='", message):
        return Said("`=` compares nothing", "write `==`", "=", match.start())
    return None


def _of_characters(message: str, source: str, blank: str) -> Said | None:
    match = re.search(r"unexpected char (['\"])(.+)\1 at (\d+)", message)
    if not match:
        return None
    at = int(match[3])
    character = source[at : at + 1]
    if character in ("'", '"'):
        return Said(f"this text is never closed by another `{character}`", None, character, at)
    hints = {
        "!": "write `not`",
        "?": "write `a if condition else b`",
        "$": "a JSONPath is for `where`: here a value is named `data.x`",
        "#": "a text stands in quotes",
        "@": "a text stands in quotes",
    }
    return Said(f"`{character}` cannot stand here", hints.get(character), character, at)


def _of_ends(message: str, source: str, *, expression: bool) -> Said | None:
    if not expression and (at := source.find("{{{")) >= 0:
        return Said("`{{{` begins no template", "two braces are enough: `{{ data.id }}`", "{{{", at)
    if not expression and (message.startswith("unexpected end of template") or message == "unexpected '}'"):
        at = max(source.rfind("{{"), source.rfind("{%"))
        sign = source[at : at + 2]
        return Said(f"this `{sign}` is not closed by `{'}}' if sign == '{{' else '%}'}`", None, sign, max(0, at))
    if message == "expected name or number":
        return Said("a name is missing behind a dot")
    if expected := re.search(r"unexpected '.', expected '(.)'", message):
        return Said(f"a `{expected[1]}` is missing")
    word = re.search(r"\s(contains|matches|like|includes|startswith|starts_with)\s", source)
    if word and "end of" in message:
        return Said(f"there is no `{word[1]}` here", _WORDS[word[1]], word[1], word.start(1))
    if "end of print statement" in message or "end of statement block" in message:
        if message.startswith("Expected an expression"):
            return Said("an expression is missing", "write a value, such as `data.id`")
        if "got 'end of" in message or message.startswith("unexpected 'end of"):
            return Said("the expression is not complete", "write a value behind its last operator")
        return Said(
            "something follows the expression", "put an operator, `|` or `~` between, or quote what is text"
        )
    if expression and message.startswith(("Expected an expression", "unexpected end", "unexpected 'end")):
        return Said("the expression is not complete")
    return None


def _inside(source: str) -> list[str]:
    """Return the text in pieces of the same length: blank outside of `{{ }}` and `{% %}`."""
    pieces = re.split(r"(\{[{%].*?(?:[}%]\}|$))", source, flags=re.DOTALL)
    return [piece if number % 2 else re.sub(r"[^\n]", " ", piece) for number, piece in enumerate(pieces)]


def _tag(source: str, tag: str) -> int | None:
    found = [match.start(1) for match in re.finditer(rf"\{{%[-+]?\s*({tag})\b", source)]
    return found[-1] if found else None
