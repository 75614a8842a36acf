"""`router providers` tells from the data files what a sender needs, and how it signs."""

from __future__ import annotations

import json

import pytest

from router.cli.main import main
from router.sources.provider import provider_names
from router.sources.samples import sample_types


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["providers", *arguments]) == 0
    return capsys.readouterr().out


def test_the_list_names_every_provider(capsys: pytest.CaptureFixture[str]) -> None:
    rows = said(capsys, "list").splitlines()
    assert [row.split()[0] for row in rows[1:]] == list(provider_names())
    github = next(row for row in rows if row.startswith("github "))
    assert github.split() == ["github", "GitHub", "hmac", "174", "3"]


def test_one_is_shown_with_what_to_write_and_where_things_stand(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "show", "clerk")
    assert text.startswith("Clerk: https://clerk.com/")
    assert '    secret: "${CLERK_WEBHOOK_SIGNING_SECRET}"' in text
    assert "the signed one, of the header" in text
    assert "primary_email" in text
    assert "Note: `invitation.created`" in text
    assert "user.created*" in text
    assert "router send clerk/email.created" in text
    text = said(capsys, "show", "github")
    assert "X-Hub-Signature-256" in text
    assert "header:X-GitHub-Delivery" in text
    assert "when it arrives" in text


@pytest.mark.parametrize("name", provider_names())
def test_every_provider_can_be_shown_and_its_json_says_the_same(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "show", name)
    facts = json.loads(said(capsys, "show", name, "--json"))
    assert facts["name"] == name
    assert facts["link"] in text
    assert facts["verify"]["scheme"] in text
    assert facts["samples"] == sample_types(name)
    for variable in facts["needs"].values():
        assert f"${{{variable}}}" in text
    assert facts in json.loads(said(capsys, "list", "--json"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("clrk", "did you mean `clerk`?"),
        ("zzzzzz", "`router providers list` names them all"),
        ("Twilio", "is not supported yet: no scheme describes how it signs"),
    ],
)
def test_an_unknown_one_ends_with_1_and_says_what_to_do(
    name: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["providers", "show", name]) == 1
    told = capsys.readouterr().err
    assert expected in told
    assert "`verify" in told
