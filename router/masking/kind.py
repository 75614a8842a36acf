"""The kinds of what is masked."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a masked value was; the order is that of a report."""

    SECRET = "secret"  # noqa: S105 - the name of a kind
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    ADDRESS = "address"
    PLACE = "place"  #: a coordinate
    IP = "ip address"
    BIRTHDAY = "birthday"
    NUMBER = "number of a card, account or document"
    URL = "part of an address (URL)"
    BLOB = "encoded data"
    ID = "id"
    ASKED = "asked for"  #: a person named its place
