"""A journal whose answers can be held back, so that a test can do something in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from router.journal.journal import Journal


class Gate:
    """Passes everything on; `hold` keeps back the answers of one call, `reached` waits for one that is kept back.

    What the call does is done by then, as where a commit is over and its answer is still under way.
    """

    def __init__(self, inner: Journal, call: str, *, held: bool = False) -> None:
        self.__dict__.update(inner=inner, call=call, let=asyncio.Event(), kept=asyncio.Event(), calls=0)
        if not held:
            self.let.set()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        return self._gated(found) if name == self.call else found

    def __setattr__(self, name: str, value: object) -> None:
        if name == "calls":
            self.__dict__[name] = value
        else:  # what the worker sets is the journal's
            setattr(self.inner, name, value)

    def _gated(self, found: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            result = await found(*arguments, **named)
            self.kept.set()
            await self.let.wait()
            return result

        return call

    def hold(self) -> None:
        """Keep answers back from now on."""
        self.let.clear()
        self.kept.clear()

    async def reached(self) -> None:
        """Wait for an answer that is kept back."""
        await self.kept.wait()

    def release(self) -> None:
        """Let all answers through."""
        self.let.set()


def gated(made: list[Gate], call: str, *, held: bool = False) -> Callable[[Journal], Any]:
    """Return what wraps a journal for a house, and puts the gate into the list."""

    def wrap(journal: Journal) -> Gate:
        made.append(Gate(journal, call, held=held))
        return made[-1]

    return wrap
