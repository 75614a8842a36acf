"""svix's own `Webhook`, without the client of its API that `import svix` brings along."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from svix.webhooks import Webhook

_NAME = "router.sources._svix_webhooks"


def webhook_class() -> type[Webhook]:
    """Return the class.

    The package's `__init__` imports some 600 modules of the API client: a quarter of a second and 20 MB for
    every process, for one file that needs none of them. So that file is run on its own; where it does not
    stand on its own any more, the whole package is imported as usual.
    """
    if "svix" not in sys.modules and (alone := _alone()) is not None:
        return alone
    from svix.webhooks import Webhook

    return Webhook


def _alone() -> type[Webhook] | None:
    if _NAME in sys.modules:
        return sys.modules[_NAME].Webhook  # type: ignore[no-any-return]
    package = importlib.util.find_spec("svix")  # of a package itself: finds it, and runs nothing of it
    if package is None or not package.submodule_search_locations:
        return None
    file = Path(package.submodule_search_locations[0], "webhooks.py")
    spec = importlib.util.spec_from_file_location(_NAME, file)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        found: type[Webhook] = module.Webhook
    except Exception:  # another version, built in another way
        return None
    sys.modules[_NAME] = module
    return found
