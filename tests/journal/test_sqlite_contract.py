"""The SQLite journal keeps the contract of every journal."""

from tests.journal.contract import *  # noqa: F403
