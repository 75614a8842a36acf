"""A host is reached without a request, and what keeps it from that is told in plain words."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from router.errors import Retry
from router.knock import knock
from tests.ports import free_port


@asynccontextmanager
async def listening(context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Give the port of a server, and what it is sent."""
    got: list[bytes] = []
    serving = set[asyncio.Task[None] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        got.append(await reader.read())
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], got
    finally:
        server.close()
        await server.wait_closed()
        if tasks := {task for task in serving if task is not None}:
            await asyncio.wait(tasks, timeout=10)


async def test_a_host_that_listens_answers_and_gets_not_a_byte() -> None:
    async with listening() as (port, got):
        address = f"http://ada:p4ssw0rd@127.0.0.1:{port}/secret?token=x"
        assert await knock(address) == f"127.0.0.1:{port}"
        async with asyncio.timeout(10):
            while not got:
                await asyncio.sleep(0.01)
    assert got == [b""]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_closed_port_is_told(host: str) -> None:
    port = free_port()
    with pytest.raises(Retry, match=f"no connection to {host}:{port}: nothing listens there"):
        await knock(f"http://{host}:{port}/x")


async def test_an_unknown_host_is_told() -> None:
    for host in ("nowhere.invalid", "a..b"):
        with pytest.raises(Retry, match=f"the host `{host}` is not known"):
            await knock(f"https://{host}/x")


async def test_what_speaks_no_tls_is_told(tmp_path: Path) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Retry, match="does not speak TLS"):
            await knock(f"https://127.0.0.1:{port}")


async def test_a_host_that_keeps_silent_is_given_up() -> None:
    async with listening() as (port, _):  # it never begins its part of the handshake
        with pytest.raises(Retry, match="no answer in time"):
            await knock(f"https://127.0.0.1:{port}", patience=0.2)


async def test_a_certificate_that_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    async with listening(context) as (port, _):
        with pytest.raises(Retry, match=r"its certificate is not accepted: self[- ]signed certificate"):
            await knock(f"https://127.0.0.1:{port}/x")


def _self_signed(folder: Path) -> Path:
    import subprocess

    file = folder / "certificate.pem"
    made = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*made.split(), "-keyout", file, "-out", file], check=True, capture_output=True)
    return file
