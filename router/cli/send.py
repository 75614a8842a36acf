"""`router send`: posts a correctly signed sample event, as the sender would."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import os
import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from router.cli.exit import AT_FAULT, FINE, UNREACHABLE, USAGE, Stop
from router.cli.options import add_config, add_set, positive

if TYPE_CHECKING:
    from router.config.node import Mark, Node
    from router.sources.source import Source


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser(
        "send",
        help="post a correctly signed sample event",
        description="Post a sample event, signed with the source's secret; each with a fresh id and time.",
    )
    command.add_argument("event", metavar="SOURCE/TYPE", help="such as clerk/user.created")
    command.add_argument(
        "--to", metavar="URL", help="the router's address (default: where the configuration listens)"
    )
    add_set(command, of="sample")
    command.add_argument("--file", type=Path, metavar="JSON", help="this payload instead of the sample")
    command.add_argument("--count", type=positive, default=1, metavar="N", help="so many, each a new event")
    command.add_argument("--bad-signature", action="store_true", help="signed wrongly: to see it refused")
    add_config(command)
    command.set_defaults(command=send)


def send(asked: argparse.Namespace) -> int:
    """Post, and print each answer; 1 where one was refused, 3 where nobody answered."""
    name, _, event_type = asked.event.partition("/")
    if not event_type:
        raise Stop("say which event of which source: router send clerk/user.created", USAGE)
    source, address = find_source(asked, name)
    return asyncio.run(_post_all(source, event_type, asked, address))


async def _post_all(source: Source, event_type: str, asked: argparse.Namespace, address: str) -> int:
    import aiohttp

    worst = FINE
    async with aiohttp.ClientSession() as session:
        for _ in range(asked.count):
            message_id = fresh_id()
            payload = payload_for(source, event_type, asked.file, asked.changes, message_id=message_id)
            try:
                status, said = await post(
                    session, address, source, event_type, payload, message_id, bad_signature=asked.bad_signature
                )
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Stop(
                    f"nobody answers at {address} ({type(error).__name__}): start `router run` or `router dev`",
                    UNREACHABLE,
                ) from None
            print(f"{status} {said}")
            worst = worst if status < 300 else AT_FAULT
    return worst


def fresh_id() -> str:
    """Return an id for one event that is sent."""
    return f"msg_{secrets.token_hex(12)}"


async def post(
    session: Any,
    address: str,
    source: Source,
    event_type: str,
    payload: Any,
    message_id: str,
    *,
    bad_signature: bool = False,
) -> tuple[int, str]:
    """Post one event, freshly signed; return the status and what the router said."""
    from router.running import utc_now
    from router.specimen import body_of

    if not source.provable:
        said = f"the source `{source.name}` has the public key of its sender only, so that nothing can be signed"
        raise Stop(f"{said}: capture a request and look at it with `router explain --request`", AT_FAULT)
    body = source.reads.sent(body_of(payload))
    headers = source.request_headers(message_id, event_type, utc_now(), body)
    sent = body
    if bad_signature:  # a token or a password says nothing about the body
        sent += b" "
        credentials = source.scheme.credentials
        headers = {name: text + "x" if name.lower() in credentials else text for name, text in headers.items()}
    async with session.post(
        address + source.path, data=sent, headers={"Content-Type": "application/json", **headers}
    ) as answer:
        return answer.status, (await answer.text()).strip()


def payload_for(
    source: Source,
    event_type: str,
    file: Path | None,
    changes: list[str],
    *,
    at: datetime | None = None,
    message_id: str | None = None,
    otherwise: str = "send a payload of your own with --file",
) -> Any:
    """Return the sample, or the file's payload, with the changes made to it.

    `at` is when the sample happened, None for now; `otherwise` is what to do where there is none. With a
    `message_id` the sample has this id, where its sender writes one into the body.
    """
    from router.config.problem import did_you_mean
    from router.running import utc_now
    from router.sources.renewal import renewed
    from router.sources.samples import sample, sample_types

    payload: Any
    if file is not None:
        try:
            payload = json.loads(file.read_bytes())
        except OSError as error:
            raise Stop(f"{file}: {error.strerror}", AT_FAULT) from None
        except (ValueError, RecursionError) as error:
            raise Stop(f"{file} is not JSON: {error}", AT_FAULT) from None
    else:
        known = sample_types(source.provider) if source.provider else []
        if event_type not in known:
            hint = did_you_mean(event_type, known) or ("samples: " + ", ".join(known) if known else None)
            raise Stop(
                f"there is no sample of {source.name}/{event_type}"
                + (f" ({hint})" if hint else "")
                + f"; {otherwise}",
                AT_FAULT,
            )
        payload = sample(source.provider or "", event_type, at or utc_now())
        payload = payload if message_id is None else renewed(source, payload, message_id)
    for change in changes:
        change_payload(payload, change)
    return payload


def change_payload(payload: Any, change: str) -> None:
    """Make one change of --set, in place; what is probably misspelled is told on standard error."""
    from router.specimen import near_place, set_at, value_of

    path, sign, text = change.partition("=")
    if not sign or not path:
        raise Stop(f"--set {change}: write PATH=VALUE, such as data.first_name=null", USAGE)
    if near := near_place(payload, path):
        print(f"router: --set {change}: `{path}` was not there, so it is added ({near})", file=sys.stderr)
    try:
        set_at(payload, path, value_of(text))
    except ValueError:
        raise Stop(f"--set {change}: the payload has no such place", AT_FAULT) from None


def find_source(asked: argparse.Namespace, name: str) -> tuple[Source, str]:
    """Return the source of that name, and the address to post to; unset secrets are made up for loopback only."""
    from router.cli.output import colored
    from router.config.document import read_document
    from router.config.made_up import made_up
    from router.config.problem import Problems, did_you_mean
    from router.config.report import render
    from router.sources.compile import compile_sources

    problems = Problems()
    local = asked.to is None or _is_loopback(asked.to)
    document = read_document(asked.config, os.environ, problems, made_up=made_up if local else None)
    if document is None:
        raise Stop(render(problems, {}, color=colored()), AT_FAULT)
    sources = compile_sources(document.sources, problems)
    entry = document.sources.get(name)
    if entry is None:
        hint = did_you_mean(name, document.sources.keys())
        raise Stop(f"{asked.config} has no source `{name}`" + (f" ({hint})" if hint else ""), AT_FAULT)
    about = [problem for problem in problems.errors if _holds(entry, problem.mark)]
    if about or name not in sources:
        told = render(about, problems.texts, color=colored())
        raise Stop(f"the source `{name}` cannot be used\n{told}", AT_FAULT)
    address = asked.to or f"http://127.0.0.1:{document.server.port}"
    return sources[name], address.rstrip("/")


def _holds(node: Node, mark: Mark) -> bool:
    """Whether a place is in one of the values below a node."""
    from router.config.node import Scalar, Sequence

    if isinstance(node, Scalar):
        end = node.mark.column + max(len(node.text), node.mark.length) + 2
        return (node.mark.file, node.mark.line) == (mark.file, mark.line) and node.mark.column <= mark.column < end
    inner = node.items if isinstance(node, Sequence) else [value for _, value in node.entries]
    return any(_holds(one, mark) for one in inner)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
