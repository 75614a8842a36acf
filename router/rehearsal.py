"""Actions in `dev`: they make what they need on this machine, and only tell what cannot be captured."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any

from router.plugin import Action, Delivery


@cache  # one class for one action: a reload must see that nothing has changed
def rehearsing(action: type[Action[Any, Any]], *, write: bool) -> type[Action[Any, Any]]:
    """Return the action as `dev` runs it: prepared once open, rehearsed before it is executed unless `write`."""

    class Rehearsing(action):  # type: ignore[misc, valid-type]  # a base known at run time only
        async def open(self) -> None:
            await super().open()
            await self.prepare()

    async def execute(self: Action[Any, Any], params: Any, delivery: Delivery) -> Mapping[str, Any] | None:
        if (told := await self.rehearse(params, delivery)) is not None:
            return told
        if inspect.iscoroutinefunction(action.execute):
            return await action.execute(self, params, delivery)  # type: ignore[no-any-return]
        return await asyncio.to_thread(action.execute, self, params, delivery)  # type: ignore[arg-type]

    if not write and action.rehearse is not Action.rehearse:
        Rehearsing.execute = execute
    Rehearsing.__name__ = action.__name__
    Rehearsing.__doc__ = action.__doc__
    return Rehearsing
