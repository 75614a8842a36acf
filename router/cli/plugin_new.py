"""`router plugin new`: writes an action plugin with its test."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from router.cli.exit import AT_FAULT, FINE, UNREACHABLE, USAGE, Stop


def add(verbs: Any) -> None:
    """Add the command to the group."""
    command = verbs.add_parser(
        "new",
        help="write an action plugin with its test",
        description="Write an action plugin, and a test that passes beside its folder. Nothing else is touched.",
    )
    command.add_argument("name", metavar="NAME", help="what routes will call it, such as `pager`")
    command.add_argument(
        "--dir", type=Path, default=Path("plugins"), metavar="DIR", help="the folder of plugins (default: plugins)"
    )
    command.add_argument("--force", action="store_true", help="write over files that are there")
    command.set_defaults(command=new)


def new(asked: argparse.Namespace) -> int:
    """Write both files, and say how the action is tested and used."""
    from router.plugin_file import Unusable
    from router.registry import load_registry
    from router.starting.action_file import action_files
    from router.starting.writing import Taken, write_new

    folder = asked.dir.resolve()
    try:
        files = action_files(asked.name, folder.name)
    except Unusable as error:
        raise Stop(str(error), USAGE) from None
    plugin, test = files
    there = load_registry([folder] if folder.is_dir() else []).get(asked.name)
    if there is not None and not (asked.force and Path(there.origin) == folder.parent / plugin):
        raise Stop(f"there is an action `{asked.name}` already, in {there.origin}: choose another name", AT_FAULT)
    try:
        write_new(folder.parent, files, force=asked.force)
    except Taken as error:
        raise Stop(f"nothing is written: {error} is there already; --force writes over it", AT_FAULT) from None
    except OSError as error:
        raise Stop(f"{error.filename or folder} cannot be written: {error.strerror}", UNREACHABLE) from None
    shown = asked.dir.parent
    print(f"wrote {shown / plugin}\nwrote {shown / test}\n\n{_next(asked, shown / test)}")
    return FINE


def _next(asked: argparse.Namespace, test: Path) -> str:
    folder = asked.dir if asked.dir.is_absolute() else f"./{asked.dir.as_posix().removeprefix('./')}"
    variable = asked.name.upper().replace("-", "_")
    return f"""\
test it (needs `pip install pytest` in the router's environment):
  python -m pytest {test}
use it, in routes.yaml:
  plugins: [{folder}]
  destinations:
    {asked.name}: {{base_url: "${{{variable}_BASE_URL}}", token: "${{{variable}_TOKEN:-}}"}}
  and in the `actions` of a route:
    - {asked.name}: {{text: "{{{{ event.type }}}}"}}
then `router plugin list` shows it, and `router check --made-up` knows its fields"""
