"""A configuration as it was: made of the one in force, compiled again from its texts, and compared with today."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.config.made_up import made_up
from router.journal.answers import StoredConfig
from router.ruleset import Loaded, Ruleset, load_ruleset
from router.specimen import received, signed_request
from router.stored_rules import differences, load_stored, stored

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "whsec_" + "QUFB" * 8
ENVIRON = {"SECRET": SECRET, "STAGE": "live", "NOTHING": ""}
FILES = {
    "routes.yaml": """
include: ["routes.d/*.yaml", "env/${STAGE:-dev}.yaml"]
plugins: [plugins]
sources: {clerk: {provider: clerk, secret: "${SECRET}"}}
destinations: {app: {type: http, base_url: "https://app.example", headers: {X-Key: "${file:keys/app}"}}}
""",
    "env/live.yaml": "vars: {stage: '${STAGE:-dev}', tone: '${TONE:-friendly}', nothing: '${NOTHING:-n}'}\n",
    "env/dev.yaml": "vars: {stage: dev, tone: rude, nothing: n}\n",
    "routes.d/mail.yaml": """
routes:
  - name: mail
    source: clerk
    actions:
      - http: {path: /mail, body: {file: ../mail.txt}}
        destination: app
""",
    "mail.txt": "{{ tone }} greetings of {{ stage }} to {{ data.id }}\r\n",
    "keys/app": "a-long-key-of-the-app\n",
    "plugins/_none.py": "",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "config"
    for name, text in FILES.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(text.encode())
    return made


def usable(loaded: Loaded) -> Ruleset:
    assert loaded.ruleset is not None, [f"{p.mark}: {p.message}" for p in loaded.problems]
    return loaded.ruleset


def in_force(folder: Path, environ: dict[str, str] | None = None) -> Ruleset:
    return usable(load_ruleset(folder / "routes.yaml", ENVIRON if environ is None else environ))


def kept(folder: Path) -> StoredConfig:
    return stored(in_force(folder), NOW)


def sent(ruleset: Ruleset) -> list[bytes]:
    """Return the parameters of what is done about an event."""
    source = ruleset.sources["clerk"]
    request = signed_request(source, "user.created", b'{"type": "user.created", "data": {"id": "u1"}}', "m", NOW)
    event = received(source, request, "evt_a").event
    assert event is not None
    return [delivery.params for delivery in ruleset.plan(event).deliveries]


def test_it_holds_the_texts_as_they_stand_there_and_no_value_from_outside(folder: Path) -> None:
    config = kept(folder)
    assert (config.root, config.first_used_at) == (str(folder), NOW)
    assert config.read == ("routes.yaml", "routes.d/mail.yaml", "env/live.yaml")
    assert config.files == {name: FILES[name] for name in (*config.read, "mail.txt")}
    assert config.variables.keys() == {
        "SECRET",
        "STAGE",
        "TONE",
        "NOTHING",
        "file:keys/app",
        "plugin:plugins/_none.py",
    }
    assert (config.variables["TONE"], config.variables["NOTHING"]) == ("", "")
    assert all(len(config.variables[name]) == 4 for name in ("SECRET", "STAGE", "file:keys/app"))
    for value in (SECRET, "a-long-key-of-the-app"):
        assert value not in repr(config)


def test_the_digest_is_that_of_the_ruleset_and_of_its_plans(folder: Path) -> None:
    ruleset = in_force(folder)
    assert stored(ruleset, NOW).digest == ruleset.digest
    assert len(ruleset.digest) == 64
    source = ruleset.sources["clerk"]
    request = signed_request(source, "user.created", b'{"type": "user.created", "data": {"id": "u1"}}', "m", NOW)
    event = received(source, request, "evt_a").event
    assert event is not None
    assert ruleset.plan(event).config == ruleset.digest


@pytest.mark.parametrize("name", ["routes.yaml", "routes.d/mail.yaml", "env/live.yaml", "mail.txt", "keys/app"])
def test_the_digest_changes_with_every_file_that_decides(folder: Path, name: str) -> None:
    before = in_force(folder).digest
    text = (folder / name).read_text()
    (folder / name).write_text(text + "# more" if name.endswith(".yaml") else "!" + text)
    assert in_force(folder).digest != before
    (folder / name).write_bytes(FILES[name].encode())
    assert in_force(folder).digest == before


@pytest.mark.parametrize("changes", [{"SECRET": SECRET[:-4] + "QkJC"}, {"TONE": "rude"}, {"NOTHING": "all"}])
def test_the_digest_changes_with_every_value_from_outside(folder: Path, changes: dict[str, str]) -> None:
    assert in_force(folder, ENVIRON | changes).digest != in_force(folder).digest


def test_the_digest_changes_when_two_files_change_places(folder: Path) -> None:
    text = FILES["routes.d/mail.yaml"]
    more = text + text.replace("name: mail", "name: two").replace("routes:\n", "").replace("mail.txt", "two.txt")
    (folder / "routes.d/mail.yaml").write_text(more)
    (folder / "two.txt").write_text("two")
    before = in_force(folder).digest
    (folder / "two.txt").write_bytes(FILES["mail.txt"].encode())
    (folder / "mail.txt").write_text("two")
    assert in_force(folder).digest != before


def test_the_digest_is_the_same_in_another_folder_and_seen_from_another_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = in_force(folder).digest
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert in_force(tmp_path / "elsewhere").digest == before
    monkeypatch.chdir(folder)
    assert usable(load_ruleset(Path("routes.yaml"), ENVIRON)).digest == before
    monkeypatch.chdir(tmp_path)
    assert usable(load_ruleset(Path("config/../config/routes.yaml"), ENVIRON)).digest == before


def test_what_is_kept_is_compiled_as_it_was_whatever_the_files_say_today(folder: Path) -> None:
    ruleset = in_force(folder)
    config, before = stored(ruleset, NOW), sent(ruleset)
    for name in ("routes.yaml", "routes.d/mail.yaml", "env/live.yaml", "mail.txt"):
        (folder / name).unlink()
    (folder / "routes.d/new.yaml").write_text(
        "routes: [{name: a, actions: [{http: {path: /}, destination: app}]}]"
    )
    again = usable(load_stored(config, ENVIRON))
    assert sent(again) == before
    assert b"friendly greetings of live" in before[0]
    assert again.digest == config.digest


def test_an_include_leads_to_the_file_of_then_though_its_variable_has_another_value(folder: Path) -> None:
    config = kept(folder)
    again = usable(load_stored(config, ENVIRON | {"STAGE": "dev"}))
    assert b"friendly greetings of dev to u1" in sent(again)[0], "the file of then, the value of today"
    assert differences(config, ENVIRON | {"STAGE": "dev"}) == ["the variable `STAGE` has another value today"]


def test_what_is_missing_today_can_be_made_up(folder: Path) -> None:
    config = kept(folder)
    shutil.rmtree(folder / "keys")
    assert load_stored(config, {}).ruleset is None
    assert sent(usable(load_stored(config, {}, made_up=made_up)))


def test_it_is_compiled_under_another_folder_when_its_own_is_elsewhere(folder: Path, tmp_path: Path) -> None:
    shared = folder.parent / "shared.txt"
    shared.write_text("shared with {{ data.id }}")
    absolute = folder.parent / "absolute.yaml"
    absolute.write_text("vars: {absolute: 1}")
    text = FILES["routes.yaml"].replace("include: [", f'include: ["{absolute}", ')
    (folder / "routes.yaml").write_text(text)
    mail = FILES["routes.d/mail.yaml"].replace("../mail.txt", "../../shared.txt")
    (folder / "routes.d/mail.yaml").write_text(mail)
    ruleset = in_force(folder)
    config, before = stored(ruleset, NOW), sent(ruleset)
    assert b"shared with u1" in before[0]
    moved = tmp_path / "far" / "away" / "config"
    shutil.copytree(folder, moved)
    shutil.rmtree(folder)
    shared.unlink()
    absolute.unlink()
    assert load_stored(config, ENVIRON).ruleset is None, "its plugins and keys are not there"
    assert sent(usable(load_stored(config, ENVIRON, root=moved))) == before
    assert differences(config, ENVIRON, root=moved) == []


def test_it_is_compiled_from_wherever_the_process_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    ruleset = usable(load_ruleset(Path("routes.yaml"), ENVIRON))
    config, before = stored(ruleset, NOW), sent(ruleset)
    os.chdir("/")
    assert sent(usable(load_stored(config, ENVIRON))) == before


def test_a_language_that_has_changed_is_told_at_its_place(folder: Path) -> None:
    config = kept(folder)
    files = {**config.files, "routes.d/mail.yaml": FILES["routes.d/mail.yaml"].replace("http:", "htpp:")}
    loaded = load_stored(StoredConfig("0" * 64, config.root, files, {}, NOW, config.read), ENVIRON)
    assert [(Path(p.mark.file).name, p.mark.line) for p in loaded.problems] == [("mail.yaml", 6)]


def test_nothing_differs_on_the_day_itself(folder: Path) -> None:
    assert differences(kept(folder), ENVIRON) == []


def test_every_difference_of_today_is_a_sentence(folder: Path) -> None:
    config = kept(folder)
    (folder / "keys/app").write_text("another key\n")
    today = {"SECRET": SECRET[:-4] + "QkJC", "TONE": "rude"}
    assert differences(config, today) == [
        "the variable `SECRET` has another value today",
        "the variable `STAGE` was set then, and is not set today",
        "the variable `TONE` was not set then, and is set today",
        f"the file `{folder}/keys/app` has another value today",
    ]
    (folder / "keys/app").unlink()
    assert differences(config, ENVIRON) == [
        f"the file `{folder}/keys/app` could be read then, and today it does not exist"
    ]


LITERAL = """
admin: {token: "the-token-of-the-admin-1"}
journal: "postgresql://me:pass%2Fword7@db/router"
sources: {clerk: {provider: clerk, secret: [SECRET, "${OLD:-whsec_UVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV}"]}}
# was: SECRET
destinations:
  app: {type: http, base_url: "https://app.example", auth: {bearer: 0123456789abcdef}}
  slack: {webhook_url: "https://hooks.slack.com/services/T012/B345/s3cr3t"}
  eng: {type: slack, token: xoxb-123-s3cr3t}
  sql: {url: "${DB:-postgresql://app:swordfish@db/app}"}
  local: {type: sql, url: "sqlite:///app.db"}
routes:
  - name: all
    source: clerk
    actions:
      - http: {path: /all, body: "{{ data.id }}"}
        destination: app
""".replace("SECRET", SECRET)
WRITTEN = (
    *(
        "the-token-of-the-admin-1",
        "pass%2Fword7",
        SECRET.removeprefix("whsec_"),
        "UVVVVVVVVVV",
        "0123456789abcdef",
    ),
    *("T012/B345", "s3cr3t", "swordfish"),
)


@pytest.fixture
def written(folder: Path) -> Path:
    shutil.rmtree(folder / "routes.d")
    (folder / "routes.yaml").write_text(LITERAL)
    return folder


def test_a_secret_that_was_written_into_the_file_is_not_kept(written: Path) -> None:
    config = stored(in_force(written, {}), NOW)
    assert [secret for secret in WRITTEN if secret in repr(config)] == []
    text = config.files["routes.yaml"]
    assert [len(line) for line in text.splitlines()] == [len(line) for line in LITERAL.splitlines()]
    for part in ('"https://hooks.slack.com/', "token: xoxb-", "sqlite:///app.db", "//app:", "@db/app", "[whsec_"):
        assert part in text
    assert text[text.index("routes:") :] == LITERAL[LITERAL.index("routes:") :]


def test_what_is_kept_without_its_secrets_is_compiled_as_before(written: Path) -> None:
    ruleset = in_force(written, {})
    config = stored(ruleset, NOW)
    again = usable(load_stored(config, {}))
    assert sent(again) == sent(ruleset)
    assert differences(config, {}) == []


@pytest.mark.parametrize("secret", [SECRET, "pass%2Fword7", "swordfish", "xoxb-123-s3cr3t", "0123456789abcdef"])
def test_the_digest_changes_with_a_secret_that_was_written_into_the_file(written: Path, secret: str) -> None:
    before = in_force(written, {}).digest
    (written / "routes.yaml").write_text(LITERAL.replace(secret, secret[:-1] + "8"))
    assert in_force(written, {}).digest != before


def test_rules_of_that_day_have_the_digest_of_that_day_whatever_has_changed(folder: Path) -> None:
    config = stored(in_force(folder), NOW)
    (folder / "keys" / "app").write_text("another-key-of-the-app\n")
    assert usable(load_stored(config, ENVIRON | {"STAGE": "test"})).digest == config.digest


def test_a_plugin_that_was_changed_makes_another_configuration_and_is_told(folder: Path) -> None:
    plugin = folder / "plugins" / "_help.py"
    plugin.write_text("GREETING = 'hello'\n")
    config = stored(in_force(folder), NOW)
    assert differences(config, ENVIRON) == []
    plugin.write_text("GREETING = 'hi'\n")
    assert in_force(folder).digest != config.digest
    assert differences(config, ENVIRON) == [f"the plugin `{plugin}` has been changed"]
    assert "GREETING" not in str(config)
