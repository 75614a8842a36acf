"""What people write that YAML takes for something else: noted in plain words, with what to write instead."""

from __future__ import annotations

import re

from router.config.node import Mark, Scalar
from router.config.problem import Problems

_PAIRS = {"[": "]", "(": ")", "{": "}"}
_OPENERS = frozenset("[({\"'")
_VARIABLE_TAG = re.compile(r"!(?:env|env_var|ENV|getenv|secret)\s+([A-Za-z_]\w*)")
_BLANKS = frozenset("\u00a0\u1680\u2007\u202f\u3000\u200b\u2003\u2002\u2009")
_CURLY = frozenset("\u201c\u201d\u201e\u2018\u2019\u201a")
_LOOK = 300  # characters of a line that are looked at


def quoted(text: str) -> str:
    """Return a text as one would quote it in YAML."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def quote_it(text: str) -> str:
    """Return the hint to quote a text."""
    shown = text if len(text) <= 60 and "\n" not in text else ""
    return f"quote it: {quoted(shown)}" if shown else "quote it"


def template_mapping(source: str, mark: Mark, problems: Problems) -> None:
    """Note an unquoted `{{ x }}`, which YAML reads as a mapping in a mapping."""
    message = "an unquoted `{{` is a mapping in YAML, not a template"
    problems.error("unquoted-template", mark, message, quote_it(source))


def unknown_alias(source: str, mark: Mark, problems: Problems) -> None:
    """Note `*name` where no `&name` came before."""
    message = f"`{source}` is an alias in YAML, and no `&{source[1:]}` stands before it"
    problems.error("unknown-alias", mark, message, f"if it is meant as a text, {quote_it(source)}")
    problems.spoil(mark)


def tagged_text(source: str, mark: Mark, problems: Problems) -> None:
    """Note `!x`, a tag in YAML; `!env NAME` and `!secret NAME` are what other programs write for `${NAME}`."""
    message = f"`{source.split()[0]}` is a tag in YAML, not a text"
    variable = _VARIABLE_TAG.fullmatch(source)
    problems.error("yaml-tag", mark, message, f'write "${{{variable[1]}}}"' if variable else quote_it(source))
    problems.spoil(mark)


def check_quotes(text: str, mark: Mark, problems: Problems) -> None:
    """Note typographic quotes around a text, which a word processor made of ordinary ones."""
    if text[:1] in _CURLY and text[-1:] in _CURLY and len(text) > 2 and _CURLY.isdisjoint(text[1:-1]):
        message = "these quotes are part of the text: YAML knows only straight ones"
        problems.warning("typographic-quotes", mark, message, quote_it(text[1:-1]))


def check_block(text: str, mark: Mark, problems: Problems) -> None:
    """Note a block text (`|` or `>`) without any text."""
    if not text:
        message = "this begins a text on the lines below, and there is none"
        problems.error("empty-value", mark, message, 'indent the text below it, or write `""`')


def empty_value(
    raw: str, end: int, anchor: str | None, key: Scalar | None, mark: Mark, problems: Problems
) -> None:
    """Note a key or item without a value, and guess why."""
    what = f"`{key.value}` has" if key is not None else "this item of the list has"
    where = key.mark if key is not None else mark
    if anchor is not None:
        place = Mark(mark.file, mark.line, mark.column, len(anchor) + 1)
        message = f"{what} no value: `&{anchor}` only names one in YAML"
        problems.error("empty-value", place, message, f"if it is meant as a text, {quote_it('&' + anchor)}")
        return
    if comment := re.match(r"[ \t]*:?[ \t]*(#.*)", _rest(raw, end)):
        said = comment[1]
        place = Mark(mark.file, mark.line, mark.column + comment.start(1), len(said))
        if re.match(r"#\S", said):
            before = f"{key.value}: " if key is not None else "- "
            message = f"{what} no value: `{_short(said)}` is a comment"
            problems.error("empty-value", place, message, f"quote it: {before}{quoted(said)}")
        else:
            hint = "indent what belongs to it, or write `null`; if the comment is meant as a text, quote it"
            problems.error("empty-value", where, f"{what} no value, only a comment", hint)
        return
    hint = "indent what belongs to it, write `null` if that is meant, or remove it"
    problems.error("empty-value", where, f"{what} no value", hint)


def cut_by_comment(raw: str, end: int, node: Scalar, problems: Problems) -> None:
    """Note an unquoted text that a comment cuts inside a bracket or quote: `$['a #b']`."""
    open_ = _open_in(node.text)
    if open_ is None:
        return
    rest = _rest(raw, end)
    closing = _PAIRS.get(open_, open_)
    if re.match(r"[ \t]+#", rest) and closing in rest:
        message = f"this text ends inside `{open_}`, because a blank and `#` begin a comment"
        problems.error("cut-text", node.mark, message, quote_it(node.text + rest))
        problems.spoil(node.mark)


def check_key(raw: str, end: int, key: Scalar, problems: Problems) -> None:
    """Note a key that is empty, begins like an emoji's name, or ends inside a bracket or quote."""
    text = str(key.value)
    if not key.plain or (text.isidentifier() and text.isascii()):
        return
    rest = _rest(raw, end)
    if text[:1] in _BLANKS:
        message = f"this line begins with a blank that is none for YAML (U+{ord(text[0]):04X})"
        problems.error("forbidden-character", key, message, "delete it, and write ordinary blanks")
        problems.spoil(key)
    elif text == "":
        problems.error("unusable-key", key, "here is a `:` without a key before it")
    elif text.startswith(":"):
        message = f"`{text}` is a key in YAML, because a `:` and a blank follow"
        problems.error("unusable-key", key, message, f"if the line is meant as a text, {quote_it(text + rest)}")
        problems.spoil(key)
    elif (open_ := _open_in(text)) in ("[", "(", "{"):
        message = f"this key ends inside `{open_}`, because a `:` and a blank, or a `#`, end it"
        problems.error("cut-text", key, message, f"quote the whole: {quoted(text + rest.rstrip(':'))}")
    elif "${" in text and re.search(r"\$\{[A-Za-z_]", text):
        problems.error("wrong-reference", key, "a `${...}` can stand in a value, not in a key")


def _open_in(text: str) -> str | None:
    """Return the bracket or quote that a text opens and leaves open; quotes count inside brackets only."""
    if len(text) > _LOOK or _OPENERS.isdisjoint(text):
        return None
    stack: list[str] = []
    quote: str | None = None
    for character in text:
        if quote is not None:
            quote = None if character == quote else quote
        elif character in _PAIRS:
            stack.append(character)
        elif stack and character in "'\"":
            quote = character
        elif stack and character == _PAIRS[stack[-1]]:
            stack.pop()
    if stack:
        return stack[-1]
    return '"' if text.count('"') % 2 else None


def _rest(raw: str, index: int) -> str:
    """Return the rest of the line from an index; of a very long line, its beginning."""
    return raw[index : index + _LOOK].partition("\n")[0].partition("\r")[0].rstrip()


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
