"""Makes the parts of the documentation that the code knows best: `make docs`."""

from __future__ import annotations

import io
import os
import re
import types
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from unittest import mock

from prometheus_client import generate_latest
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from router.admin.metrics import Metrics
from router.cli.main import main
from router.config.node import Mapping
from router.plugin import ConfigFile, Kind, Tree
from router.registry import load_registry
from router.sources.provider import provider, provider_names
from router.sources.samples import sample_types
from tests.docs.pages import PAGES, PROBLEMS, ROOT
from tests.docs.problems import index, told

GENERATED = re.compile(r"(?s)(<!-- generated: (?P<name>[^\n]+) -->\n)(?P<text>.*?)(<!-- /generated -->)")
SCHEMAS = {"routes.schema.json": (), "routes.test.schema.json": ("--tests",)}
_KINDS = {
    "text": "text", "html": "HTML", "mrkdwn": "Slack markup", "url": "address", "path": "path of an address",
    "header": "line", "json": "any value", "name": "constant",
}  # fmt: skip
_PLAIN = {SecretStr: "secret", bool: "true or false", int: "whole number", str: "text", Any: "any value"}


def made(name: str) -> str:
    """Return the text of a generated part."""
    kind, *words = name.split()
    parts: dict[str, Callable[..., str]] = {
        "help": _help,
        "providers": _providers,
        "config": _config,
        "params": _params,
        "metrics": _metrics,
        "problem": lambda code: f"```text\n{told(code)}\n```",
        "problems": index,
    }
    return parts[kind](*words).strip() + "\n"


def update() -> None:
    """Write every generated part anew."""
    for page in (*PAGES, *PROBLEMS):
        text = page.read_text()
        new = GENERATED.sub(lambda match: f"{match[1]}\n{made(match['name'])}\n{match[4]}", text)
        if new != text:
            page.write_text(new)
            print(f"{page.name} is new")
    for name, tests in SCHEMAS.items():
        if main(["schema", "--plain", *tests, "--out", str(ROOT / name)]):
            raise SystemExit(f"{name} cannot be written")


def help_of(*command: str) -> str:
    """Return what a command says with --help, in 80 columns."""
    out = io.StringIO()
    environ = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    with mock.patch.dict(os.environ, environ), redirect_stdout(out), suppress(SystemExit):
        main([*command, "--help"])
    return out.getvalue().strip()


def _help(*command: str) -> str:
    return f"```text\n{help_of(*command)}\n```"


def _providers() -> str:
    parts = []
    for name in provider_names():
        known = provider(name)
        lines = [f"### `{name}`: {known.title}", "", f"{known.setup} ([documentation]({known.link}))", ""]
        if known.note:
            lines += [f"Note: {known.note}", ""]
        types_ = f"{len(known.types)} event types are known" if known.types else "event types are not listed"
        samples = ", ".join(f"`{type_}`" for type_ in sample_types(name))
        lines.append(f"- {types_.capitalize()}.")
        lines.append(f"- Samples for `router send`: {samples}." if samples else "- No samples for `router send`.")
        variables = known.preset.get("vars")
        if isinstance(variables, Mapping):
            keys = ", ".join(f"`{key.value}`" for key, _ in variables.entries)
            lines.append(f"- Ready-made variables: {keys}.")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _config(action: str) -> str:
    return _model(load_registry(entry_points=False).actions[action].action.Config)


def _params(action: str) -> str:
    return _model(load_registry(entry_points=False).actions[action].action.Params)


def _model(model: type[BaseModel]) -> str:
    rows = ["| key | value | meaning |", "|---|---|---|"]
    inner: dict[str, type[BaseModel]] = {}
    for name, field in model.model_fields.items():
        if field.description == "Not supported yet.":
            continue
        inner |= {found.__name__: found for found in _models(field.annotation)}
        key = field.alias or name
        about = (field.description or "").rstrip(".").replace("|", "\\|")
        rows.append(f"| `{key}` | {_said(field)} | {_sentence(about)}.{_default(field)} |")
    tables = ["\n".join(rows)]
    for name, found in inner.items():
        if not issubclass(model, found):
            tables.append(f"`{_words(name)}`: {(found.__doc__ or '').strip().splitlines()[0]}\n\n{_model(found)}")
    return "\n\n".join(tables)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return " **Required.**"
    value = field.default
    if value is None or value is PydanticUndefined or value in ([], {}):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value).replace("'", "")
    return f" Default: `{text}`."


def _said(field: FieldInfo) -> str:
    whole = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return " or ".join(dict.fromkeys(_types(whole)))


def _types(type_: Any) -> Iterator[str]:
    origin, args = get_origin(type_), get_args(type_)
    if type_ == ConfigFile or getattr(type_, "__name__", "") == "Path":
        yield "file"
    elif origin is Annotated:
        kinds = [mark for mark in args[1:] if isinstance(mark, Kind)]
        if any(isinstance(mark, Tree) for mark in args[1:]):
            yield "list of mappings"
        elif kinds and get_origin(args[0]) is Literal:
            yield " or ".join(f"`{value}`" for value in get_args(args[0]))
        elif kinds and args[0] in (str, Any, int | str, str | None):
            yield _KINDS[kinds[0].name]
        else:
            yield from _types(args[0])
    elif origin in (Union, types.UnionType):
        for arg in args:
            if arg is not type(None):
                yield from _types(arg)
    elif origin is list:
        yield f"list of {_plural(args[0])}"
    elif origin is dict:
        yield f"mapping to {_plural(args[1])}"
    elif isinstance(type_, type) and issubclass(type_, BaseModel):
        yield f"`{_words(type_.__name__)}`"
    else:
        yield _PLAIN[type_]


def _models(type_: Any) -> Iterator[type[BaseModel]]:
    if isinstance(type_, type) and issubclass(type_, BaseModel):
        yield type_
    for arg in get_args(type_):
        yield from _models(arg)


def _plural(type_: Any) -> str:
    said = " or ".join(dict.fromkeys(_types(type_)))
    return said if said.endswith(("`", "ess")) else said.replace("any value", "value") + "s"


def _sentence(text: str) -> str:
    first = text.split(" ")[0]
    return text[:1].upper() + text[1:] if first.isalpha() else text


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _metrics() -> str:
    registry = Metrics()._registry
    ours = [found for found in registry._collector_to_names if hasattr(found, "_labelnames")]
    labels = {found._name: found._labelnames for found in ours}  # type: ignore[attr-defined]
    text = generate_latest(registry).decode()
    kinds = dict(re.findall(r"(?m)^# TYPE (\S+) (\S+)$", text))
    rows = ["| metric | type | labels | meaning |", "|---|---|---|---|"]
    for name, about in re.findall(r"(?m)^# HELP (\S+) (.+)$", text):
        if name.removesuffix("_total") in labels:
            marks = ", ".join(f"`{label}`" for label in labels[name.removesuffix("_total")])
            rows.append(f"| `{name}` | {kinds[name]} | {marks} | {about}. |")
    return "\n".join(rows)


if __name__ == "__main__":
    update()
