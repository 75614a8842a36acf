"""After a start or reload the templates are made ready in the background, those of the newest file only."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.routing.warm_up import _codes
from router.ruleset import Ruleset
from router.warmer import Warmer
from tests.language.town import load, routes

ROUTE = """
- name: {name}
  source: app
  vars: {{who: "{name} {{{{ data.who }}}}"}}
  if: data.{name}
  where: {{data.x: 1}}
  actions:
    - slack: {{text: "{name} {{{{ data.a }}}}"}}
      if: data.{name} > 1
      name: first
  else:
    - slack: {{text: "{name} {{{{ data.b }}}}"}}
      name: other
  on_dead:
    - slack: {{text: "{name} {{{{ delivery.reason }}}}"}}
"""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rules(name: str) -> Ruleset:
    loaded = load(routes(ROUTE.format(name=name)))
    assert loaded.ruleset is not None, list(loaded.problems)
    return loaded.ruleset


async def test_every_template_is_made_ready() -> None:
    ruleset, warmer = rules("route1"), Warmer()
    own = [code for code in _codes(ruleset.table) if "route1" in code._source]
    assert len(own) == 6
    assert not any(code.ready for code in own)
    warmer.start(ruleset)
    assert warmer._task is not None
    await warmer._task
    assert all(code.ready for code in own)


async def test_a_newer_configuration_takes_the_place_of_the_one_before_and_stopping_ends_both() -> None:
    warmer, old, new = Warmer(), rules("old"), rules("new")
    warmer.start(old)
    before, stopped = warmer._task, warmer._stop
    warmer.start(new)
    assert stopped.is_set()
    await warmer.stop()
    assert before is not None
    await before
    assert warmer._task is not None
    assert warmer._task.done()
