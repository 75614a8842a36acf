"""The files of a first action plugin: the plugin, and its test."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Template

from router.plugin_file import Unusable

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def action_files(name: str, folder: str) -> dict[str, str]:
    """Return the texts of the plugin and its test, by their paths; `folder` is that of the plugins.

    Raises Unusable where an action cannot have that name.
    """
    from router.registry import RESERVED

    if not _NAME.fullmatch(name):
        raise Unusable(
            f"`{name}` is no name of an action: lower-case letters, digits, `_` and `-`, a letter first"
        )
    if name in RESERVED:
        raise Unusable(f"`{name}` has a meaning in routes already: choose another name")
    module = name.replace("-", "_")
    words = {
        "name": name,
        "class_name": "".join(part.capitalize() for part in re.split("[-_]", name)),
        "folder": folder,
        "module": module,
    }
    texts = files("router.starting") / "plugin"
    return {
        f"{folder}/{module}.py": Template((texts / "action.txt").read_text(encoding="utf-8")).substitute(words),
        f"test_{module}.py": Template((texts / "test.txt").read_text(encoding="utf-8")).substitute(words),
    }
