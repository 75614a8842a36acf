"""`router`: reads the arguments and hands them to the command that they name."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from router import __version__
from router.cli.exit import FINE, UNREACHABLE, Stop

#: One module a command group, in the order of --help; each has `add(commands)`.
_GROUPS = (
    "init", "run", "dev", "check", "test", "explain", "diff", "send", "events", "deliveries", "lanes", "retry",
    "replay", "discard", "journal", "plugin", "providers", "schema",
)  # fmt: skip

_ABOUT = "Signed webhooks in; Slack posts, emails, HTTP calls and database rows out; from one YAML file."
_EXITS = "Exit codes: 0 fine, 1 the input is at fault, 2 wrong usage, 3 something could not be reached."


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(prog="router", description=_ABOUT, epilog=_EXITS)
    top.add_argument("--version", action="version", version=f"router {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in _GROUPS:
        import_module(f"router.cli.{group}").add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows few letters, or half of a character
            stream.reconfigure(errors="backslashreplace")
    asked = parser().parse_args(argv)
    try:
        code = int(asked.command(asked) or FINE)
        sys.stdout.flush()
        return code
    except Stop as stop:
        if stop.message:
            print(f"router: {stop.message}", file=sys.stderr)
        return stop.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `router events list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except OSError as error:
        print(f"router: {error}", file=sys.stderr)
        return UNREACHABLE


if __name__ == "__main__":
    sys.exit(main())
