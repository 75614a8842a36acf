"""Compiles the `destinations` of the configuration: where actions go, with their limits and secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from router.config.fields import Fields, kind_of, left_out
from router.config.model_check import build_model
from router.config.node import Mapping, Mark, Node, Scalar
from router.config.problem import Problems, did_you_mean
from router.model import BreakerPolicy, RetryPolicy
from router.plugin import Action, Model
from router.redaction import secrets_in
from router.registry import DESTINATION_KEYS, RegisteredAction, Registry

_DEFAULT_RETRY = RetryPolicy()
_DEFAULT_BREAKER = BreakerPolicy()


@dataclass(frozen=True, slots=True)
class Destination:
    """A configured place that actions go to; `timeout` is seconds an attempt, `mark` where it is defined.

    `interval` is the seconds between two starts of a lane, None without a rate; `breaker` is None where it is
    switched off. `max_pause` is for how many seconds a lane waits at the destination's own word, at most.
    `mark` is None for one that stands in no file: a plugin whose settings are all optional needs none.
    """

    name: str
    plugin: str
    action: type[Action[Any, Any]]
    config: Model
    concurrency: int = 8
    retry: RetryPolicy = _DEFAULT_RETRY
    timeout: float = 30.0
    mark: Mark | None = None
    plugin_version: str = "1"
    interval: float | None = None
    breaker: BreakerPolicy | None = _DEFAULT_BREAKER
    max_pause: float = 3600.0


def compile_destinations(node: Mapping, registry: Registry, problems: Problems) -> dict[str, Destination]:
    """Return the destinations by name, those that need no settings included; faults go to `problems`."""
    found: dict[str, Destination] = {}
    for key, value in node.entries:
        destination = _compile(str(key.value), key.mark, value, registry, problems)
        if destination is not None:
            found[destination.name] = destination
    named = set(node.keys())
    for registered in registry.actions.values():
        config = None if registered.name in named else _without_settings(registered)
        if config is not None:
            found[registered.name] = Destination(
                registered.name,
                registered.name,
                registered.action,
                config,
                plugin_version=registered.version,
            )
    return found


def _compile(name: str, mark: Mark, node: Node, registry: Registry, problems: Problems) -> Destination | None:
    what = f"the destination `{name}`"
    fields = Fields(node, problems, what)
    type_node = fields.get("type")
    plugin = fields.text("type", default=name) or name
    retry_node = fields.get("retry")
    retry = _DEFAULT_RETRY if retry_node is None else read_retry(retry_node, problems, _DEFAULT_RETRY)
    timeout = read_timeout(fields, 30.0)
    concurrency = fields.count("concurrency", default=8)
    interval = fields.rate("rate")
    breaker = read_breaker(fields, problems)
    max_pause = fields.duration("max_pause", default=3600.0, above_zero=True)
    registered = registry.get(plugin)
    if registered is None:
        hint = did_you_mean(plugin, registry.actions)
        if type_node is not None:
            problems.error("unknown-action", type_node, f"there is no action `{plugin}`", hint)
        else:
            message = f"{what} needs a `type`: there is no action `{plugin}`"
            problems.error(
                "unknown-action",
                mark,
                message,
                _fitting(fields.node, registry, hint),
            )
        return None
    if not isinstance(node, Mapping):
        return None
    config = build_model(registered.action.Config, fields.node, problems, what, skip=DESTINATION_KEYS)
    if config is None:
        return None
    assert isinstance(config, Model)  # noqa: S101 - the registry takes no other Config
    return Destination(
        name,
        plugin,
        registered.action,
        config,
        concurrency,
        retry,
        timeout,
        mark,
        registered.version,
        interval,
        breaker,
        max_pause,
    )


def _fitting(node: Mapping, registry: Registry, near: str | None) -> str | None:
    """Return the hint with the nearest name, else one with the one type whose settings these are."""
    if near and near.startswith("did"):
        return near
    keys = {str(key.value) for key, _ in node.entries} - set(DESTINATION_KEYS)
    fits = [
        name
        for name, found in registry.actions.items()
        if keys and keys <= {field.alias or key for key, field in found.action.Config.model_fields.items()}
    ]
    return f"write `type: {fits[0]}`" if len(fits) == 1 else near


def plugin_of(name: str, node: Node) -> str:
    """Return the type of a destination, even of a faulty one: its name, where it has no `type`."""
    type_ = node.get("type") if isinstance(node, Mapping) else None
    return str(type_.value) if isinstance(type_, Scalar) else name


def read_timeout(fields: Fields, default: float) -> float:
    """Return the seconds of `timeout`, which is more than nothing."""
    return fields.duration("timeout", default=default, above_zero=True)


def read_breaker(fields: Fields, problems: Problems) -> BreakerPolicy | None:
    """Return the policy of `breaker`, which is on unless it says `false`; what it leaves out has its default."""
    node = fields.get("breaker")
    if node is None:
        return _DEFAULT_BREAKER
    if isinstance(node, Scalar) and node.value is False:
        return None
    if not isinstance(node, Mapping):
        said = str(node.value).lower() if isinstance(node, Scalar) else ""
        hint = "write {share: 50%, minimum: 20, window: 60s, pause: 30s}, or a part of it"
        if said in ("off", "no", "none", "never", "null"):
            hint = "write false"
        elif said in ("on", "yes", "true"):
            hint = "leave it out: it is on by itself"
        problems.error("wrong-type", node, f"`breaker` must be a mapping or false, not {kind_of(node)}", hint)
        return _DEFAULT_BREAKER
    inner = Fields(node, problems, "`breaker`")
    policy = BreakerPolicy(
        share=inner.share("share", default=_DEFAULT_BREAKER.share),
        minimum=inner.count("minimum", default=_DEFAULT_BREAKER.minimum),
        window=inner.duration("window", default=_DEFAULT_BREAKER.window, above_zero=True),
        pause=inner.duration("pause", default=_DEFAULT_BREAKER.pause, above_zero=True),
    )
    inner.finish()
    return policy


def read_retry(node: Node, problems: Problems, base: RetryPolicy) -> RetryPolicy:
    """Return the policy of a `retry` mapping; what it leaves out is as in `base`."""
    if isinstance(node, Scalar) and not left_out(node):
        number = node.value if isinstance(node.value, int) and not isinstance(node.value, bool) else 1
        message = f"`retry` must be a mapping, not {kind_of(node)}"
        problems.error("wrong-type", node, message, f"write {{max_attempts: {max(1, number)}}}")
        return base
    fields = Fields(node, problems, "`retry`")
    policy = RetryPolicy(
        max_attempts=fields.count("max_attempts", default=base.max_attempts),
        first=fields.duration("first", default=base.first),
        max_delay=fields.duration("max_delay", default=base.max_delay),
        max_age=fields.duration("max_age", default=base.max_age),
    )
    fields.finish()
    return policy


def secrets_of(config: Model) -> set[str]:
    """Return every secret in a Config, and what an error might show of one: an address's password and path."""
    return secrets_in(config)


def _without_settings(registered: RegisteredAction) -> Model | None:
    """Return the Config that is made of nothing; None where something has to be set."""
    try:
        return registered.action.Config()
    except ValidationError:
        return None


def host_of(config: Model) -> str | None:
    """Return the host, with its port, of the first address in a Config; None where none names one.

    An address may be a secret as a whole; its host is none.
    """
    for name in type(config).model_fields:
        value = getattr(config, name)
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(text, str) and "://" in text:
            try:
                host = urlsplit(text).netloc.rpartition("@")[2]
            except ValueError:
                continue
            if host:
                return host
    return None
