"""`router schema`: the JSON Schema of the files, for the completion and the hover texts of editors."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from router.cli.exit import AT_FAULT, FINE, Stop
from router.cli.options import add_config


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser(
        "schema",
        help="JSON Schema of the files, for editors",
        description="Print the JSON Schema of routes.yaml (draft 7): completion, hover texts and first checks in "
        "editors. With a configuration it knows its plugins, sources, destinations and event types, too; the "
        "configuration may have mistakes.",
    )
    command.add_argument(
        "--tests", action="store_true", help="of the files of `router test`, instead of routes.yaml"
    )
    command.add_argument("--out", type=Path, metavar="FILE", help="write it there, instead of printing it")
    command.add_argument(
        "--plain", action="store_true", help="of the shipped actions only: no configuration is read"
    )
    add_config(command, positional=True)
    command.set_defaults(command=schema)


def schema(asked: argparse.Namespace) -> int:
    """Print the schema, or write it."""
    made = _made(asked)
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if asked.out is None:
        print(text, end="")
        return FINE
    try:
        asked.out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Stop(f"{asked.out} cannot be written: {error.strerror}", AT_FAULT) from None
    print(
        f"{asked.out} is written. Line 1 of a file that it is for: # yaml-language-server: $schema={_seen(asked)}"
    )
    return FINE


def _seen(asked: argparse.Namespace) -> str:
    """Return where the schema is for an editor, which goes by the folder of the file that it edits."""
    if asked.out.is_absolute() or asked.plain:
        return str(asked.out)
    return "./" + Path(os.path.relpath(asked.out, asked.config.parent)).as_posix()


def _told(registry: Any) -> Any:
    """Return the registry, after a word about each plugin that cannot be in the schema."""
    for fault in registry.faults:
        print(f"router: {fault.file}:{fault.line}: {fault.message}; the schema is without it", file=sys.stderr)
    return registry


def _made(asked: argparse.Namespace) -> dict[str, Any]:
    from router.registry import load_registry
    from router.schema.document import routes_schema
    from router.schema.tests import schema_of_tests

    if asked.plain:
        return schema_of_tests() if asked.tests else routes_schema(load_registry(entry_points=False))
    if not asked.config.exists():
        if asked.config != Path("routes.yaml"):
            raise Stop(f"{asked.config} does not exist", AT_FAULT)
        return schema_of_tests() if asked.tests else routes_schema(_told(load_registry()))
    document, registry = _configured(asked.config)
    names, providers = document.sources.keys(), _providers(document)
    if asked.tests:
        return schema_of_tests(sources=names, providers=providers, routes=_route_names(document))
    destinations = document.destinations.keys()
    return routes_schema(registry, sources=names, providers=providers, destinations=destinations)


def _configured(config: Path) -> tuple[Any, Any]:
    """Return the configuration's document, however faulty, and its actions."""
    from router.cli.output import colored
    from router.config.document import read_document
    from router.config.made_up import made_up
    from router.config.problem import Problems
    from router.config.report import render
    from router.registry import load_registry

    problems = Problems()
    document = read_document(config, os.environ, problems, made_up=made_up, made_up_journal=made_up)
    if document is None:
        raise Stop(
            f"{config} cannot be read\n{render(problems.errors, problems.texts, color=colored())}", AT_FAULT
        )
    return document, _told(load_registry(document.plugins))


def _providers(document: Any) -> list[str | None]:
    from router.config.node import Mapping, Scalar

    found = (node.get("provider") if isinstance(node, Mapping) else None for _, node in document.sources.entries)
    return [str(name.value) if isinstance(name, Scalar) else None for name in found]


def _route_names(document: Any) -> list[str]:
    from router.config.node import Mapping, Scalar

    found = (route.get("name") for route in document.routes if isinstance(route, Mapping))
    return [str(name.value) for name in found if isinstance(name, Scalar)]
