"""Presets of known senders: one data file a provider, `providers/<name>.yaml`.

A file holds the words for people, and the keys of a source as they would stand in `routes.yaml`:

    title      the sender's name, as people write it                               required
    link       its page about webhooks, https://                                   required
    setup      what to do there: where the secret is, which URL to enter           required
    types      the event types that it is known to send; none where they are not known
    note       what somebody who takes it should know: facts that are second-hand, what its ids are, one sentence
    needs      what a source has to say beside `provider`, and the variable that its value usually comes from:
               `{secret: NAME}` where nothing is said; others are `public_key`, `public_url` and `verify_token`
    sometimes  what payloads hold at times and no sample has, as dotted paths from their root (`*`: each element)
    starter    what the first routes are about that `router init` writes (router.starter.Subject)
    verify     the scheme and its settings, `type`, `id`, `time`, `data`, `headers`, `query`, `vars`, `tolerance`,
               `max_body`, `on_duplicate`, `body`, `split`, `respond`, `handshakes`, `dedupe`: as in a source.
               `verify` is required. Without `id` the id that a scheme signs itself (svix, standard-webhooks) is
               taken; without that, and without `dedupe`, the sender gives nothing that tells repeats.

The secret is never part of it. A new provider is a new file, and samples in `samples/<name>/<type>.json` where
a type's `/` is written `__`, and its `:` is written `%3A`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from router.config.fields import Fields
from router.config.node import Mapping, Node
from router.config.problem import Problems
from router.config.yaml import parse

PRESET_KEYS = (
    "verify",
    "type",
    "id",
    "time",
    "data",
    "headers",
    "query",
    "vars",
    "tolerance",
    "max_body",
    "on_duplicate",
    "body",
    "split",
    "respond",
    "handshakes",
    "dedupe",
)
"""Keys of a source that a preset may hold."""

NEEDED = ("secret", "public_key", "public_url", "verify_token")
"""Keys of a source that only its owner can fill in."""

LATER = {
    "adyen": "it signs fields of each item of the body (`adyen-platform` is another product, and there)",
    "aws-sns": "it signs named fields of the body, with a certificate that has to be fetched",
    "fusionauth": "it signs with a JWT",
    "kick": "its public key has to be fetched",
    "mailgun": "it signs a time and a token in the body, and not the body",
    "netlify": "it signs with a JWT",
    "paypal": "its signature is verified by asking PayPal",
    "plaid": "it signs with a JWT, whose key has to be fetched",
    "twilio": "it signs the address and the sorted fields of a form",
}
"""Well-known senders that have no data file: each signs in a way that no scheme describes."""

_PROVIDERS = files("router.sources") / "providers"


@dataclass(frozen=True)
class Provider:
    """A preset: words for people, the known event types, and the keys of a source as a mapping."""

    name: str
    title: str
    link: str
    setup: str
    types: tuple[str, ...]
    preset: Mapping
    sometimes: tuple[str, ...] = ()
    starter: Node | None = None
    note: str | None = None
    needs: tuple[tuple[str, str], ...] = ()


def not_yet(name: str) -> tuple[str, str]:
    """Return of a name in LATER what is wrong with it, and what can be done."""
    how = f"no scheme describes how it signs ({LATER[name.lower()]})"
    hint = f"{how}: let something in front verify it, and describe that with `verify: {{scheme: token, ...}}`"
    return f"the provider `{name}` is not supported yet", hint


@cache
def provider_names() -> tuple[str, ...]:
    """Return the names of the shipped providers, in order."""
    return tuple(
        sorted(file.name.removesuffix(".yaml") for file in _PROVIDERS.iterdir() if file.name.endswith(".yaml"))
    )


@cache
def provider(name: str) -> Provider:
    """Return a provider; KeyError where there is none of this name."""
    if name not in provider_names():
        raise KeyError(name)
    file = f"{name}.yaml"
    problems = Problems()
    found = read_provider(name, (_PROVIDERS / file).read_text(encoding="utf-8"), problems)
    if found is None:
        raise ValueError(f"the provider file {file} is broken: " + "; ".join(p.message for p in problems.errors))
    return found


def read_provider(name: str, text: str, problems: Problems) -> Provider | None:
    """Read a provider's file; None and problems where it does not follow the schema."""
    node = parse(text, f"providers/{name}.yaml", problems)
    if node is None:
        return None
    fields = Fields(node, problems, f"the provider `{name}`")
    title = fields.text("title", required=True)
    link = fields.text("link", required=True)
    setup = fields.text("setup", required=True)
    types = tuple(str(scalar.value) for scalar in fields.names("types") or ())
    sometimes = tuple(str(scalar.value) for scalar in fields.names("sometimes") or ())
    starter, note = fields.get("starter"), fields.text("note")
    needs = _needs(name, fields, problems)
    for key in PRESET_KEYS:
        fields.get(key, required=key == "verify")
    fields.finish()
    if problems.errors or title is None or link is None or setup is None:
        return None
    entries = tuple((key, value) for key, value in fields.node.entries if key.value in PRESET_KEYS)
    preset = Mapping(entries, fields.node.mark)
    said = " ".join(note.split()) if note else None
    return Provider(name, title, link, " ".join(setup.split()), types, preset, sometimes, starter, said, needs)


def _needs(name: str, fields: Fields, problems: Problems) -> tuple[tuple[str, str], ...]:
    node = fields.get("needs")
    if node is None:
        return (("secret", f"{name.upper().replace('-', '_')}_WEBHOOK_SECRET"),)
    inner = Fields(node, problems, "`needs`")
    found = [(key, inner.text(key)) for key in NEEDED]
    inner.finish()
    return tuple((key, variable) for key, variable in found if variable)
