"""Sees whether Resend would take mails, and sends none.

Facts: resend.com/docs/api-reference/domains/list-domains, /errors, /dashboard/domains/introduction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

import aiohttp

from router.plugin import Finding, Permanent, Probed, Redactor, Retry, Use, check_status, read_answer, unreachable

_MOST = 1000  # domains that are looked at


@dataclass(frozen=True, slots=True)
class Account:
    """An account of Resend, read through the shared session."""

    http: aiohttp.ClientSession
    base_url: str
    key: str = field(repr=False)

    async def domains(self) -> dict[str, str] | None:
        """Return its domains with their states; None where the key may only send.

        Raises Permanent where the key is refused, and Retry where Resend cannot be asked.
        """
        found: dict[str, str] = {}
        after = ""
        while True:
            status, said = await self._get(f"/domains?limit=100{after}")
            if said.get("name") == "restricted_api_key":
                return None
            told = Redactor({self.key}).text(f"`{said.get('name')}`: {said.get('message')}")[:300]
            if status in (401, 403) or (status == 400 and "key" in str(said.get("message")).lower()):
                raise Permanent(f"Resend said {status} {told}")
            check_status(status, {}, told)
            page = [one for one in said.get("data") or () if isinstance(one, Mapping)]
            found.update({str(one.get("name")).lower(): str(one.get("status")) for one in page})
            if not said.get("has_more") or not page or len(found) >= _MOST:
                return found
            after = f"&after={quote(str(page[-1].get('id')), safe='')}"

    async def _get(self, path: str) -> tuple[int, Mapping[str, Any]]:
        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            async with self.http.get(self.base_url + path, headers=headers, allow_redirects=False) as answer:
                text = await read_answer(answer, 1024 * 1024)
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(error) from None
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict) and answer.status < 300:
            raise Retry("what answers at `base_url` is not Resend: its answer is no JSON object")
        return answer.status, said if isinstance(said, dict) else {}


async def probed(account: Account, sender: str | None, uses: Sequence[Use]) -> Probed:
    """See whether the key is good, and whether the domains of constant senders are verified."""
    try:
        domains = await account.domains()
    except Permanent as refused:
        if "HTTP" in refused.reason:
            raise
        hint = "make a key on resend.com/api-keys, and give it whole"
        return Probed("the key was refused", [Finding(refused.reason, ("api_key",), hint=hint)])
    if domains is None:
        return Probed("the key is good, and may only send: whether domains are verified it cannot tell")
    verified = sum(status == "verified" for status in domains.values())
    said = f"the key is good, {verified} of {len(domains)} domains verified"
    return Probed(said, list(_senders(sender, uses, domains)))


def _senders(own: str | None, uses: Sequence[Use], domains: Mapping[str, str]) -> Iterator[Finding]:
    senders: list[tuple[Use | None, Any]] = [(None, own), *((use, use.params.get("from")) for use in uses)]
    for use, sender in senders:
        if not isinstance(sender, str) or "{" in sender or "@" not in sender:
            continue
        domain = parseaddr(sender)[1].rpartition("@")[2].lower()
        near = get_close_matches(domain, domains, n=1)
        hint = "verify it on resend.com/domains, or use one that is"
        if domain == "resend.dev":
            message = "mail from `resend.dev` goes to the account's own address only"
        elif domain not in domains:
            message = f"the domain `{domain}` is not among those of this Resend account"
            hint = f"did you mean `{near[0]}`?" if near else hint
        elif domains[domain] != "verified":
            message = f"the domain `{domain}` is not verified: Resend calls it `{domains[domain]}`"
        else:
            continue
        yield Finding(message, ("from",), use, hint, warning=True)
