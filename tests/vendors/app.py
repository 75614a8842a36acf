"""An app of one's own: it answers 200 to whatever is asked, or as it is told."""

from __future__ import annotations

from aiohttp import web

from tests.vendors.vendor import Received, Vendor


class AppVendor(Vendor):
    """Says 200 to every request; `received` holds them."""

    async def answer(self, request: web.Request, received: Received) -> web.StreamResponse:
        """Accept."""
        return web.json_response({"received": True})
