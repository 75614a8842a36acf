"""Bodies are unpacked piece by piece, and never further than asked."""

from __future__ import annotations

import gzip
import zlib

import pytest

from router.ingress.unpacking import Damaged, unpacker

TEXT = b'{"type": "user.created"}' * 20


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


def whole(encoding: str, packed: bytes, size: int) -> bytes:
    """Feed a body in pieces of `size` bytes."""
    stream = unpacker(encoding)
    out = b"".join(stream.feed(packed[i : i + size], 10_000) for i in range(0, len(packed), size))
    stream.finish()
    return out


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
    ids=["identity", "gzip", "x-gzip", "two members", "zlib", "raw deflate"],
)
def test_a_whole_body_comes_out_however_it_is_cut_into_pieces(encoding: str, packed: bytes, size: int) -> None:
    assert whole(encoding, packed, size) == TEXT


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(TEXT)[:-1]),
        ("gzip", gzip.compress(TEXT)[:-8]),
        ("gzip", gzip.compress(TEXT)[:-8] + b"\0" * 8),
        ("gzip", gzip.compress(TEXT) + b"junk"),
        ("gzip", TEXT),
        ("deflate", zlib.compress(TEXT)[:-1]),
        ("deflate", zlib.compress(TEXT) + b"junk"),
        ("deflate", raw_deflate(TEXT)[:-1]),
    ],
)
def test_a_body_that_is_cut_changed_or_followed_by_something_is_damaged(
    encoding: str, packed: bytes, size: int
) -> None:
    with pytest.raises(Damaged):
        whole(encoding, packed, size)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_gives_one_byte_more_than_asked(encoding: str) -> None:
    plain = b"\0" * 50_000_000
    packed = gzip.compress(plain, 1) if encoding == "gzip" else zlib.compress(plain, 1)
    assert len(unpacker(encoding).feed(packed, 1000)) == 1001
