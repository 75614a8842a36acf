"""Asks for a choice on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from router.cli.exit import USAGE, Stop
from router.config.problem import did_you_mean


def chosen(question: str, offered: Mapping[str, str], default: str) -> list[str]:
    """Return the chosen names, in the order in which they were offered; asked again until one fits.

    `offered` are names with a word about each. Numbers and names are taken, several with blanks or commas.
    """
    print(question)
    width = max(len(name) for name in offered)
    names = list(offered)
    for number, name in enumerate(names, 1):
        print(f"  {number:>2}  {name:<{width}}  {offered[name]}".rstrip())
    while True:
        try:
            said = input(f"names or numbers, several with a comma [{default}]: ")
        except EOFError:
            print()
            raise Stop("nothing was chosen, and nothing is written", USAGE) from None
        words = said.replace(",", " ").split() or [default]
        picked = [_pick(word, names) for word in words]
        if None not in picked:
            return [name for name in names if name in picked]
        for word in (word for word, found in zip(words, picked, strict=True) if found is None):
            hint = did_you_mean(word, names)
            print(f"`{word}` is none of them" + (f": {hint}" if hint and hint.startswith("did") else ""))


def _pick(word: str, names: Sequence[str]) -> str | None:
    if word.isascii() and word.isdigit() and 1 <= int(word) <= len(names):
        return names[int(word) - 1]
    return word.lower() if word.lower() in names else None
