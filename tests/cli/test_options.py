"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from router.cli.exit import Stop
from router.cli.options import dev_journal, journal_path, journal_place, moment, positive


def test_a_time_is_iso_8601_and_a_plain_date_is_its_midnight_in_utc() -> None:
    assert moment("2026-11-23T10:00:00+02:00") == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert moment("2026-11-23") == datetime(2026, 11, 23, tzinfo=UTC)


def test_a_duration_is_that_long_ago() -> None:
    assert timedelta(hours=1.9) < datetime.now(UTC) - moment("2h") < timedelta(hours=2.1)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "", "²", "9" * 30])
def test_a_count_is_a_whole_number_from_1(text: str) -> None:
    assert positive("20") == 20
    with pytest.raises(argparse.ArgumentTypeError):
        positive(text)


def test_anything_else_is_refused_with_the_form_that_is_wanted() -> None:
    for text in ("yesterday", "", "99999999d", "999999999999d", "2026-11-23T10:00:00+99:00"):
        with pytest.raises(argparse.ArgumentTypeError, match="2026-11-23T10:00:00Z"):
            moment(text)


def test_the_journal_of_dev_is_a_file_beside_the_real_one() -> None:
    assert dev_journal(Path("data/router.db")) == Path("data/router.dev.db")
    assert dev_journal(Path("journal")) == Path("journal.dev.db")


def asked(config: Path, *, dev: bool = False, journal: Path | None = None) -> argparse.Namespace:
    """Return the arguments as they are parsed."""
    return argparse.Namespace(config=config, dev=dev, journal=journal)


def test_a_journal_in_postgresql_is_a_place_and_no_file(tmp_path: Path) -> None:
    routes = tmp_path / "routes.yaml"
    routes.write_text("journal: postgresql://u:p4ss@h/d\n")
    assert journal_place(asked(routes)) == "postgresql://u:p4ss@h/d"
    assert journal_place(asked(routes, dev=True)) == Path("router.dev.db")
    with pytest.raises(Stop, match="is backed up with its database"):
        journal_path(asked(routes))


def test_the_journal_is_found_although_no_secret_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNSET_SECRET", raising=False)
    routes = tmp_path / "routes.yaml"
    routes.write_text(
        'journal: sqlite:////srv/j.db\nsources: {clerk: {provider: clerk, secret: "${UNSET_SECRET}"}}\n'
    )
    assert journal_path(asked(routes)) == Path("/srv/j.db")
    assert journal_path(asked(routes, dev=True)) == Path("/srv/j.dev.db")
    assert journal_path(asked(routes, journal=Path("other.db"))) == Path("other.db")


def test_a_missing_configuration_is_told(tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"routes\.yaml"):
        journal_path(asked(tmp_path / "routes.yaml"))
