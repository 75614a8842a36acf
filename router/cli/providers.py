"""`router providers`: the senders that need no description, and what is known of each."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, FINE, Stop
from router.cli.options import add_json
from router.cli.output import dump, table

if TYPE_CHECKING:
    from router.sources.provider import Provider

_WIDTH = 100
_LISTED = 12
"""So many ways to send a sample are written out."""


def add(commands: Any) -> None:
    """Add the command group."""
    group = commands.add_parser("providers", help="the senders that are known, and how each signs")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="the senders that are known")
    add_json(listing)
    listing.set_defaults(command=list_providers)
    showing = verbs.add_parser(
        "show", help="one of them: set-up, signature, where type, id and time are, types, samples"
    )
    showing.add_argument("name", metavar="NAME", help="such as stripe")
    add_json(showing)
    showing.set_defaults(command=show_provider)


def list_providers(asked: argparse.Namespace) -> int:
    """Print the providers."""
    from router.sources.provider import provider, provider_names

    found = [_facts(provider(name)) for name in provider_names()]
    if asked.json:
        print(dump(found))
        return FINE
    rows = [
        (one["name"], one["title"], one["verify"]["scheme"], len(one["types"]) or "", len(one["samples"]) or "")
        for one in found
    ]
    print(table(("PROVIDER", "SENDER", "SCHEME", "TYPES", "SAMPLES"), rows))
    return FINE


def show_provider(asked: argparse.Namespace) -> int:
    """Print one provider; 1 where there is none of this name."""
    from router.config.problem import did_you_mean
    from router.sources.provider import LATER, not_yet, provider, provider_names

    if asked.name not in provider_names():
        if asked.name.lower() in LATER:
            said, hint = not_yet(asked.name)
            raise Stop(f"{said}: {hint}", AT_FAULT)
        near = did_you_mean(asked.name, (*provider_names(), *LATER)) or "`router providers list` names them all"
        other = "any sender that signs can be described with `verify`: docs/sources.md, `Other senders`"
        raise Stop(f"there is no provider `{asked.name}` ({near}); {other}", AT_FAULT)
    known = provider(asked.name)
    print(dump(_facts(known)) if asked.json else _page(known))
    return FINE


def _facts(known: Provider) -> dict[str, Any]:
    """Return what the data file says, as plain values."""
    from router.config.node import plain
    from router.sources.samples import sample_types

    preset: dict[str, Any] = plain(known.preset)
    verify = preset.pop("verify")
    return {
        "name": known.name,
        "title": known.title,
        "link": known.link,
        "setup": known.setup,
        "note": known.note,
        "needs": dict(known.needs),
        "verify": verify if isinstance(verify, dict) else {"scheme": verify},
        "vars": list(preset.pop("vars", {})),
        "preset": preset,
        "types": list(known.types),
        "samples": sample_types(known.name),
    }


def _page(known: Provider) -> str:
    facts = _facts(known)
    source = ["sources:", f"  {known.name}:", f"    provider: {known.name}"]
    source += [f'    {key}: "${{{variable}}}"' for key, variable in known.needs]
    parts = [f"{known.title}: {known.link}", _wrapped(known.setup)]
    if known.note:
        parts.append(_wrapped(f"Note: {known.note}"))
    parts += ["\n".join(source), _rows(_signature(facts["verify"])), _rows(_places(facts))]
    if facts["types"]:
        title = f"{len(facts['types'])} event types (* with a sample):"
        marked = [f"{type_}*" if type_ in facts["samples"] else type_ for type_ in facts["types"]]
        parts.append(f"{title}\n{_wrapped(', '.join(marked), '  ')}")
    if samples := facts["samples"]:
        lines = [f"  router send {known.name}/{type_}" for type_ in samples[:_LISTED]]
        more = len(samples) - _LISTED
        parts.append("\n".join(["Samples:", *lines, *([f"  and {more} more"] if more > 0 else [])]))
    else:
        parts.append(f"No samples: router send {known.name}/TYPE --file payload.json")
    return "\n\n".join(parts)


def _signature(verify: dict[str, Any]) -> list[tuple[str, str]]:
    """Return how it signs, a line for each setting of the scheme."""
    return [(key.replace("_", " "), _inline(value)) for key, value in verify.items()]


def _places(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return where things stand, and what else the preset says."""
    preset = facts["preset"]
    signed = facts["verify"]["scheme"] in ("svix", "standard-webhooks")
    nothing = "none: see `dedupe`" if "dedupe" in preset else "none is given: a repeat runs again"
    otherwise = {
        "type": "none is given",
        "id": "the signed one, of the header" if signed else nothing,
        "time": "when it arrives",
        "data": "all of the payload",
    }
    rows = [(key, _inline(preset.pop(key, words))) for key, words in otherwise.items()]
    rows += [(key.replace("_", " "), _inline(value)) for key, value in preset.items() if key != "handshakes"]
    if "handshakes" in preset:
        rows.append(("handshakes", f"{len(preset['handshakes'])}, answered by the router"))
    return [*rows, ("variables", ", ".join(facts["vars"]))] if facts["vars"] else rows


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_inline(inner)}" for key, inner in value.items())
    return " and ".join(_inline(one) for one in value) if isinstance(value, list) else str(value)


def _rows(rows: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {text}" for name, text in rows)


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
