"""Says of a database's error whether trying again can help, without a secret and without a value."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import exc

from router.plugin import Permanent, Retry

# Classes and codes of PostgreSQL (appendix A of its manual) after which the same statement may work.
_RETRIED = ("08", "28", "3D", "40", "53", "57", "58", "XX", "23503", "25006", "55P03", "55006")
_MISFIT = {"42P01", "42703", "42804", "42P10", "42883", "3F000", "0A000", "22P03"}  # the cached table is outdated
_HIDDEN = {
    "28": "the database refused the login: check the user and the password of `url`",
    "3D": "the database of `url` does not exist",
}
# What SQLite says of the statement itself; the rest of its operational errors are of the file or of a lock.
_OWN_FAULT = {"SQLITE_ERROR", "SQLITE_RANGE", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_AUTH", "SQLITE_MISUSE"}


class Misfit(Permanent):
    """The statement does not fit the table as it is known: worth a look at the table as it is now."""


class Refused(Retry):
    """The address lets nobody in as it stands: its settings, its user, password or database are wrong."""


@contextmanager
def told(where: str = "", values: Sequence[object] = ()) -> Iterator[None]:
    """Raise Retry or Permanent for whatever the database and its driver raise inside.

    `where` begins the reason; `values` are kept out of it.
    """
    try:
        yield
    except (exc.SQLAlchemyError, sqlite3.Error, OSError, ValueError, OverflowError) as error:
        raise _judged(error, where, values) from None
    except Exception as error:
        # asyncpg's own errors, without importing it where it may be missing.
        if type(error).__module__.partition(".")[0] != "asyncpg":
            raise
        raise _judged(error, where, values) from None


def _judged(error: BaseException, where: str, values: Sequence[object]) -> Retry | Permanent:
    cause = _cause(error)
    code = getattr(cause, "sqlstate", None) or ""
    if type(cause).__name__ == "ClientConfigurationError":
        return Refused(f"{where}the `url` of the database cannot be used: check its settings")
    if isinstance(cause, ValueError | OverflowError | TypeError):  # the driver's own; these quote the value
        return Misfit(f"{where}a value does not fit its parameter: use a cast, as in cast(:name as integer)")
    if isinstance(code, str) and code:
        found: type[Retry | Permanent] = (
            Refused
            if code[:2] in _HIDDEN
            else Retry
            if code.startswith(_RETRIED)
            else Misfit
            if code in _MISFIT
            else Permanent
        )
        return found(where + _postgres_text(cause, code, values))
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause, where)
    if isinstance(error, exc.TimeoutError):
        return Retry(where + "every connection of the pool is in use: raise `pool_size` or lower `concurrency`")
    if isinstance(cause, OSError):
        return Retry(f"{where}the database cannot be reached: {_unreachable(cause)}")
    if isinstance(error, exc.DBAPIError):
        return Retry(f"{where}the connection to the database was lost")
    if type(cause).__module__.startswith("asyncpg"):
        return Retry(f"{where}the connection to the database was lost ({type(cause).__name__})")
    return Permanent(f"{where}the statement cannot be run ({type(cause).__name__})")


def _unreachable(cause: OSError) -> str:
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed ({getattr(cause, 'verify_message', '') or cause.reason})"
    if isinstance(cause, socket.gaierror):
        return "the name of its host is not known"
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    return os.strerror(cause.errno) if cause.errno else "no connection"


def _cause(error: BaseException) -> BaseException:
    """Return the driver's own error under SQLAlchemy's wrappers."""
    orig = error.orig if isinstance(error, exc.StatementError) else None
    if orig is None:
        return error
    return orig.__cause__ or orig


def _postgres_text(cause: BaseException, code: str, values: Sequence[object]) -> str:
    if hidden := _HIDDEN.get(code[:2]):
        return f"{hidden} ({code})"
    text = str(cause.args[0] if cause.args else type(cause).__name__)
    if code.startswith("22"):
        text = re.sub(r'".*"', '"..."', text, flags=re.S)  # these quote the value
    if code.startswith("P0"):  # a trigger of the user's: it may quote anything
        for value in sorted({str(v) for v in values if v is not None}, key=len, reverse=True):
            text = text.replace(value, "...") if value else text
    return f"{' '.join(text.split())[:300]} ({code})"


def _of_sqlite(cause: sqlite3.Error, where: str) -> Retry | Permanent:
    name = getattr(cause, "sqlite_errorname", "") or ""
    text = f"{where}{' '.join(str(cause).split())[:300]}"
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY" or "FOREIGN KEY" in text:
        return Retry(text)
    if isinstance(cause, sqlite3.IntegrityError | sqlite3.DataError):
        return Permanent(text)
    if name == "SQLITE_ERROR" or (not name and isinstance(cause, sqlite3.ProgrammingError)):
        return Misfit(text)
    if name in _OWN_FAULT or isinstance(cause, sqlite3.InterfaceError):
        return Permanent(text)
    return Retry(text)
