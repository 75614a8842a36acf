"""Tells secrets that do not look like what belongs at their place; no message quotes one."""

from __future__ import annotations

import re

from router.config.node import Mapping, Node, Scalar, Sequence, at
from router.config.problem import Problems
from router.ruleset import Ruleset

_PLACEHOLDER = re.compile(
    r"(whsec_|re_|xoxb-|sk_|your)?[-_ ]*(x{3,}|\.{3}|\*{3,}|…+|0{6,}|change[-_ ]?me|change[-_ ]?this|"
    r"(your|my|the)?[-_ ]*(signing|webhook|shared|api)?[-_ ]*(secret|token|key|password)([-_ ]*(here|value|123))?|"
    r"replace[-_ ]?me|todo|tbd|example|placeholder|dummy|test|testing|foo|bar|foobar|none|null|"
    r"undefined|password|1234+)[-_ .x*]*",
    re.IGNORECASE,
)
_SHORT = 8
_FORMS = (
    ("pk_", "is a publishable key (`pk_`), which everybody may know"),
    ("sk_", "is an API key (`sk_`), not the secret that webhooks are signed with"),
    ("xoxb-", "is a bot token of Slack (`xoxb-`)"),
    ("-----BEGIN", "is a key or certificate in PEM form: no scheme here takes one"),
)


def check_secrets(ruleset: Ruleset, problems: Problems) -> None:
    """Note secrets of sources and settings of destinations that are probably something else."""
    document = ruleset.document
    for key, node in document.sources.entries:
        source = ruleset.sources.get(str(key.value))
        scheme = source.scheme.name if source is not None else ""
        for secret in _scalars(node.get("secret") if isinstance(node, Mapping) else None):
            text = str(secret.value)
            if text and text not in document.invented and (why := _wrong(text, scheme)) is not None:
                problems.warning(
                    "doubtful-secret", secret, f"the `secret` of the source `{key.value}` {why[0]}", why[1]
                )
    for key, node in document.destinations.entries:
        destination = ruleset.destinations[str(key.value)]
        for fault in destination.action.advise(destination.config):
            mark = at(node, fault.path)
            value = node.get(str(fault.path[0])) if isinstance(node, Mapping) and fault.path else None
            if not (isinstance(value, Scalar) and value.value in document.invented):
                problems.warning("doubtful-secret", mark, f"the destination `{key.value}`: {fault.message}")


def _scalars(node: Node | None) -> tuple[Scalar, ...]:
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(item for item in items if isinstance(item, Scalar))


def _wrong(text: str, scheme: str) -> tuple[str, str | None] | None:
    """Say what is odd about a secret, and what to do; None where nothing is."""
    bare = text.strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"":
        return "begins and ends with a quote", "take the quotes out of the variable's value: they are part of it"
    for prefix, why in _FORMS:
        if bare.startswith(prefix):
            return why, "copy the signing secret from where the webhook is set up"
    if is_placeholder(bare):
        return "looks like a placeholder, which anybody can guess", "set it to the sender's own secret"
    if scheme in ("hmac", "token"):
        if re.search(r"\s", bare):
            return "holds blanks", "copy it whole, and nothing else"
        if len(bare) < _SHORT:
            return (
                f"has {len(bare)} characters only: it can be guessed",
                "use a long random one, such as of `openssl rand -hex 32`",
            )
    return None


def is_placeholder(text: str) -> bool:
    """Whether a value is what examples have where a secret belongs."""
    return (text.startswith("<") and text.endswith(">")) or _PLACEHOLDER.fullmatch(text) is not None
