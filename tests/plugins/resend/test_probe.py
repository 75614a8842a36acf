"""What `check --connect` learns of a Resend account, without sending."""

from __future__ import annotations

from typing import Any

import pytest

from router.plugin import Permanent, Probed, Retry, Use
from tests.plugins.stage import opened
from tests.vendors.resend import API_KEY, ResendVendor


async def probe(
    resend: ResendVendor, *uses: Use, key: str = API_KEY, sender: str = "Acme <hello@acme.dev>"
) -> Probed:
    config = {"api_key": key, "from": sender, "base_url": resend.url}
    async with opened("resend", config) as action:
        found: Probed = await action.probe(uses)
    assert resend.sent == {}
    return found


async def test_a_good_key_with_a_verified_sender_is_fine() -> None:
    async with ResendVendor() as resend:
        assert await probe(resend) == Probed("the key is good, 1 of 1 domains verified", [])


async def test_a_key_that_may_only_send_is_fine_and_told() -> None:
    async with ResendVendor() as resend:
        resend.sends_only = True
        found = await probe(resend, sender="x@nowhere.dev")
    assert found.findings == ()
    assert "may only send" in found.said


async def test_a_refused_key_is_an_error_at_the_key() -> None:
    async with ResendVendor() as resend:
        (finding,) = (await probe(resend, key="re_wrong")).findings
    assert (finding.path, finding.warning) == (("api_key",), False)
    assert finding.message == "Resend said 403 `invalid_api_key`: API key is invalid"


@pytest.mark.parametrize(
    ("sender", "message", "hint"),
    [
        (
            "hello@acme.de",
            "the domain `acme.de` is not among those of this Resend account",
            "did you mean `acme.dev`?",
        ),
        ("A <a@new.example>", "the domain `new.example` is not verified: Resend calls it `pending`", "verify it"),
        ("onboarding@resend.dev", "mail from `resend.dev` goes to the account's own address only", "verify it"),
    ],
)
async def test_a_sender_whose_domain_is_not_verified_is_a_warning(sender: str, message: str, hint: str) -> None:
    async with ResendVendor() as resend:
        resend.domains["new.example"] = "pending"
        use = Use("welcome", "resend", {"from": sender, "to": "x"})
        of_action = await probe(resend, use, Use("a", "b", {"from": "{{ data.from }}"}))
        of_destination = await probe(resend, sender=sender)
    for found, owner in ((of_action, use), (of_destination, None)):
        (finding,) = found.findings
        assert (finding.message, finding.path, finding.warning) == (message, ("from",), True)
        assert finding.use is owner
        assert hint in (finding.hint or "")


async def test_every_page_of_domains_is_read() -> None:
    async with ResendVendor() as resend:
        resend.domains = {**{f"d{n}.example": "failed" for n in range(5)}, "acme.dev": "verified"}
        resend.page = 2
        found = await probe(resend)
    assert found == Probed("the key is good, 1 of 6 domains verified", [])


@pytest.mark.parametrize(
    ("order", "error"), [("fail", Retry), ("garbage", Retry), ("truncate", Retry), ("gone", Permanent)]
)
async def test_what_is_no_answer_of_resend_is_told_as_that(order: str, error: Any) -> None:
    async with ResendVendor() as resend:
        resend.say(404, "no such page") if order == "gone" else getattr(resend, order)()
        with pytest.raises(error):
            await probe(resend)
