"""What errors of PostgreSQL mean: of one row, of a conflict that passes, or of the store.

The codes are those of postgresql.org/docs/current/errcodes-appendix.html.
"""

from __future__ import annotations

import asyncpg

from router.address import Address
from router.errors import JournalError, JournalUnwritable

FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver raises."""

_OF_THE_ROW = ("22", "23", "54")
"""Classes of codes: data exceptions, violated constraints, exceeded limits of the program."""
_CONFLICTS = frozenset({"40001", "40P01"})
_TOO_LATE = frozenset({"57014"})

_ADVICE = {
    "28P01": "the password or the user is wrong: look at the address",
    "28000": "the server does not let this user in: look at the address and at the server's pg_hba.conf",
    "3D000": "there is no such database: make it with `createdb`",
    "42501": "this user lacks rights: make the schema with `create schema ... authorization ...` as its owner",
    "53300": "the server has no connection left: each replica takes up to 9",
    "53100": "the server's disk is full: make room there",
    "25006": "the server only reads (a standby?): name the primary, or ?target_session_attrs=read-write",
    "57P03": "the server is starting or stopping: try again",
    "42P01": "a table of it is missing: was the schema dropped? Start the router again, which makes it",
}


def code_of(error: BaseException) -> str:
    """Return the code of an error of the server; empty where it has none."""
    code = getattr(error, "sqlstate", None)
    return code if isinstance(code, str) else ""


def is_of_the_row(error: BaseException) -> bool:
    """Whether what was to be stored is at fault, not the store."""
    if code := code_of(error):
        return code[:2] in _OF_THE_ROW
    return isinstance(error, ValueError | TypeError | LookupError | ArithmeticError)


def is_conflict(error: BaseException) -> bool:
    """Whether another transaction got in the way; the same works at once when it is done again."""
    return code_of(error) in _CONFLICTS


def is_too_late(error: BaseException) -> bool:
    """Whether the server ended the statement because it took too long."""
    return code_of(error) in _TOO_LATE


def is_lost(error: BaseException) -> bool:
    """Whether the connection broke, so that nobody knows what became of the statement."""
    code = code_of(error)
    if code:
        return code[:2] == "08" or code in ("57P01", "57P02", "57P05", "25P03")
    return isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError)


def told(error: BaseException, address: Address) -> str:
    """Return what an error says, and what to do about it; never the password."""
    said = str(error).strip().split("\n")[0] or type(error).__name__
    if isinstance(error, TimeoutError):
        said = "it does not answer: look at the host and the port"
    elif advice := _ADVICE.get(code_of(error)):
        said = f"{said}; {advice}"
    elif isinstance(error, OSError):
        said = f"{said}: is it running, and are host and port right?"
    return address.clean(said)


def unwritable(error: BaseException, address: Address) -> JournalUnwritable:
    """Return the error for whoever writes while the store does not take it."""
    failure = JournalUnwritable(f"the journal {address.name} cannot be written now: {told(error, address)}")
    failure.__cause__ = error
    return failure


def cannot_open(error: BaseException, address: Address) -> JournalError:
    """Return the error for whoever opens the journal."""
    failure = JournalError(f"the journal {address.name} cannot be opened: {told(error, address)}")
    failure.__cause__ = error
    return failure


def refusal(error: BaseException) -> ValueError:
    """Return the error for the one whose row cannot be stored."""
    failure = ValueError(f"this cannot be stored: {error}")
    failure.__cause__ = error
    return failure
