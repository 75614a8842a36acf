"""`router schema`: the JSON Schema of the files, for the completion and the hover texts of editors."""

from __future__ import annotations

import argparse
import json
import os
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
        "editors. With a configuration it knows its plugins and names, too.",
    )
    command.add_argument("--tests", action="store_true", help="of the files of `router test` instead")
    command.add_argument("--out", type=Path, metavar="FILE", help="write it there")
    command.add_argument(
        "--plain", action="store_true", help="of the shipped actions only, whatever the configuration says"
    )
    add_config(command)
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
    print(f"{asked.out} is written; in the file it is for, line 1: # yaml-language-server: $schema={asked.out}")
    return FINE


def _made(asked: argparse.Namespace) -> dict[str, Any]:
    from router.registry import load_registry
    from router.schema.document import routes_schema
    from router.schema.tests import schema_of_tests

    if asked.plain:
        return schema_of_tests() if asked.tests else routes_schema(load_registry(entry_points=False))
    if not asked.config.exists():
        if asked.config != Path("routes.yaml"):
            raise Stop(f"{asked.config} does not exist", AT_FAULT)
        return schema_of_tests() if asked.tests else routes_schema(load_registry())
    document, registry = _configured(asked.config)
    if asked.tests:
        names, providers = document.sources.keys(), _providers(document)
        return schema_of_tests(sources=names, providers=providers, routes=_route_names(document))
    return routes_schema(registry, sources=document.sources.keys(), destinations=document.destinations.keys())


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
    return document, load_registry(document.plugins)


def _providers(document: Any) -> list[str | None]:
    from router.config.node import Mapping, Scalar

    found = (node.get("provider") if isinstance(node, Mapping) else None for _, node in document.sources.entries)
    return [str(name.value) if isinstance(name, Scalar) else None for name in found]


def _route_names(document: Any) -> list[str]:
    from router.config.node import Mapping, Scalar

    found = (route.get("name") for route in document.routes if isinstance(route, Mapping))
    return [str(name.value) for name in found if isinstance(name, Scalar)]
