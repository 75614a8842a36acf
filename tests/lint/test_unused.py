"""Sources, destinations and variables that nothing uses."""

from __future__ import annotations

from tests.lint.asked import problems

FILE = """
    version: 1
    vars: {used: 1, chanel: 2}
    sources:
      app: {verify: none, type: $.type, id: $.id, vars: {mine: 1, idle: 2, channel: 3}}
      web: {verify: none, type: $.type, id: $.id}
    destinations:
      slack: {webhook_url: "https://hooks.slack.com/services/T/B/x"}
      eng: {type: slack, token: xoxb-1}
      ops: {type: slack, token: xoxb-1}
    on_dead:
      - slack: {text: "{{ delivery.id }}", channel: c}
        destination: ops
    routes:
      - name: r
        source: app
        vars: {own: 1, other: 2}
        actions: [{slack: {text: "{{ own }} {{ used }} {{ mine }} {{ channel }}"}, destination: slack}]
"""


def test_what_nothing_uses_is_told_at_its_name() -> None:
    found = [f"{p.code}: {p.message}" + (f" ({p.hint})" if p.hint else "") for p in problems(FILE)]
    assert found == [
        "unused: the variable `chanel` is not used: no template names it "
        "(`channel` is used: is one of them the other, misspelled?)",
        "unused: the variable `idle` is not used: no template names it",
        "unused: the source `web` is not used: no route takes its events",
        "unused: the destination `eng` is not used: no action goes to it",
        "unused: the variable `other` is not used: no template of the route names it",
    ]


def test_a_route_for_all_sources_uses_all_of_them() -> None:
    text = FILE.replace("        source: app\n", "").replace("{{ mine }} {{ channel }}", "")
    assert not any("`web`" in p.message for p in problems(text))


def test_a_file_without_routes_is_not_judged() -> None:
    assert list(problems(FILE.split("    on_dead")[0])) == []
