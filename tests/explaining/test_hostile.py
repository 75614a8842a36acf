"""Payloads of an attacker: explained like any other, within bounds, never with a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from router.cli.explain_text import render
from router.explaining.account import Subject, account
from router.explaining.verification import verification
from tests.explaining.senders import rules, sent

ROUTES = """
routes:
  - name: r
    where: {data.x: a, payload.data.y.z: 1, "headers.x-y": b, "$.data.list[?@.a == 1].b": 2}
    actions: [{slack: {text: "{{ data.x }} {{ data.y.z }}"}}]
  - name: all
    if: data.x or data.y or true
    actions: [{slack: {text: "{{ data.x | json }}"}}]
  - name: bare
    where: ["$..[?@.a == 1]"]
    actions: [{slack: {text: hi}}]
"""
DEEP: Any = 1
for _ in range(95):
    DEEP = {"x": DEEP}
PAYLOADS: dict[str, Any] = {
    "surrogates": {"data": {"x": "\ud800", "\udfff": "\ud800", "list": [{"a": "\ud800"}]}},
    "controls": {"data": {"x": "\x1b[2J\r\n\x00\u202e", "y\n": {"z": "\u202e"}}},
    "deep": {"data": DEEP},
    "wide": {"data": {str(n): n for n in range(20_000)}},
    "long": {"data": {"x": "x" * 500_000, "k" * 10_000: 1}},
    "numbers": {"data": {"x": 2**70, "y": {"z": 1e308}}},
    "list": [1, 2, 3],
    "text": "only a text",
    "null": None,
    "many": {"data": {"list": [{"a": n} for n in range(20_000)]}},
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_it_is_explained_in_bounds(tmp_path: Path, name: str) -> None:
    found = rules(tmp_path, ROUTES)
    source = found.sources["open"]
    request = sent(source, body=json.dumps(PAYLOADS[name]).encode())
    subject = Subject("payload", name, source, request, "evt_1", verification(source, request))
    told = account(found, subject, found.document.texts)
    written = json.dumps(told, ensure_ascii=False).encode()  # half characters would raise
    assert len(written) < 2_000_000
    text = render(told, color=False, verbose=False)
    assert len(text) < 60_000
    assert not {"\x1b", "\r", "\x00", "\u202e"} & set(text)
