"""`router init`: writes a configuration to begin with, its tests, and what its variables are."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, FINE, UNREACHABLE, USAGE, Stop

if TYPE_CHECKING:
    from router.registry import Registry
    from router.starting.origin import Origin

_PROVIDER, _ACTION = "clerk", "slack"  # what Enter accepts
_IGNORED = ".env\n*.db\n*.db-wal\n*.db-shm\n*.db.lock\n"


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser(
        "init",
        help="write a first configuration, with its tests",
        description="Write routes.yaml with its tests and .env.example, for these senders and actions. On a "
        "terminal it asks for what is not given. Files that are there stay as they are.",
    )
    command.add_argument(
        "--provider",
        action="append",
        default=[],
        metavar="NAME",
        help="a sender, such as clerk; `own` for another",
    )
    command.add_argument(
        "--action", action="append", default=[], metavar="NAME", help="what to do, such as slack or sql"
    )
    command.add_argument("--dir", type=Path, default=Path(), metavar="DIR", help="the folder (default: this one)")
    command.add_argument("--force", action="store_true", help="write over files that are there")
    command.add_argument(
        "--yes", action="store_true", help=f"ask nothing: {_PROVIDER} and {_ACTION} where nothing is given"
    )
    command.set_defaults(command=init)


def init(asked: argparse.Namespace) -> int:
    """Write the files, and say what to do next."""
    from router.registry import load_registry
    from router.starting.draft import draft
    from router.starting.origin import origin, origin_names
    from router.starting.proof import Unsound, proven

    folder = asked.dir
    plugins = ["plugins"] if _holds_actions(folder / "plugins") else []
    registry = load_registry([folder / name for name in plugins])
    senders = {name: origin(name).title for name in origin_names()}
    actions = {name: _about(registry, name) for name in sorted(registry.actions)}
    origins = [origin(name) for name in _names(asked, "provider", "Who sends?", senders, _PROVIDER)]
    names = _names(asked, "action", "What is to be done?", actions, _ACTION)
    chosen = [registry.actions[name] for name in names]
    used = (
        plugins if any(Path(one.origin).is_relative_to((folder / "plugins").resolve()) for one in chosen) else []
    )
    files = draft(origins, chosen, [f"./{name}" for name in used])
    try:
        files = proven(files, folder, used)
    except Unsound as error:
        raise Stop(
            f"nothing is written: what was to be written has problems, which is a fault of the router or of a "
            f"plugin\n{error}",
            AT_FAULT,
        ) from None
    _write(folder, files, force=asked.force)
    _tell(folder, files, origins)
    return FINE


def _names(
    asked: argparse.Namespace, kind: str, question: str, offered: Mapping[str, str], default: str
) -> list[str]:
    """Return what was asked for by flags, or else on the terminal."""
    from router.config.problem import did_you_mean

    given = list(dict.fromkeys(getattr(asked, kind)))
    for name in given:
        if name not in offered:
            hint = did_you_mean(name, offered) or f"known: {', '.join(offered)}"
            raise Stop(f"there is no {kind} `{name}` ({hint})", USAGE)
    if given:
        return given
    if asked.yes:
        return [default]
    if not sys.stdin.isatty():
        raise Stop(f"say which: --{kind} {default} (or --yes for that one); there are {', '.join(offered)}", USAGE)
    from router.cli.question import chosen

    return chosen(question, offered, default)


def _about(registry: Registry, name: str) -> str:
    return (registry.actions[name].action.__doc__ or "").strip().split("\n")[0]


def _holds_actions(folder: Path) -> bool:
    return any(folder.glob("[!_.]*.py")) or any(folder.glob("[!_.]*/__init__.py"))


def _write(folder: Path, files: Mapping[str, str], *, force: bool) -> None:
    from router.starting.writing import Taken, write_new

    try:
        write_new(folder, files, force=force)
    except Taken as error:
        verb = "is" if len(error.names) == 1 else "are"
        raise Stop(
            f"nothing is written: {error} {verb} there already; --dir DIR writes elsewhere, --force over "
            f"{'it' if verb == 'is' else 'them'}",
            AT_FAULT,
        ) from None
    except OSError as error:
        raise Stop(f"{error.filename or folder} cannot be written: {error.strerror}", UNREACHABLE) from None


def _tell(folder: Path, files: Iterable[str], origins: Sequence[Origin]) -> None:
    for name in files:
        print(f"wrote {folder / name}")
    _ignore(folder)
    sample = _sample(origins)
    send = f" --send {sample}" if sample else ""
    place = "" if folder == Path() else f"cd {shlex.quote(str(folder))}\n  "
    print(
        "\nnext:\n"
        f"  {place}router check --made-up\n"
        "  router test\n"
        f"  router dev{send}\n"
        + (f"  router explain {sample}\n" if sample else "")
        + "then fill in a copy of .env.example, and: set -a; . ./.env; set +a; router check && router run"
    )


def _sample(origins: Sequence[Origin]) -> str | None:
    return next((f"{one.name}/{one.about.event}" for one in origins if one.about.event in one.samples), None)


def _ignore(folder: Path) -> None:
    """Write a .gitignore where there is none; where there is one without `.env`, say so."""
    from router.starting.writing import Taken, write_new

    try:
        write_new(folder, {".gitignore": _IGNORED})
        print(f"wrote {folder / '.gitignore'}")
    except Taken:
        lines = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
        if not {".env", "/.env", ".env*", "*.env"}.intersection(line.strip() for line in lines):
            print(f"add `.env` to {folder / '.gitignore'}: it will hold secrets")
