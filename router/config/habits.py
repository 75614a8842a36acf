"""What keys are called in other tools, and what to write here: hints that no likeness of letters would give."""

from __future__ import annotations


def _meant(key: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), f"did you mean `{key}`?")


FILE = {
    **_meant("routes", "rules handlers pipelines hooks"),
    **_meant("sources", "inputs receivers endpoints webhooks providers"),
    **_meant("destinations", "outputs targets sinks channels"),
    **_meant("include", "imports includes"),
    **_meant("vars", "variables constants"),
    **_meant("on_dead", "on_error on_failure dead_letter"),
    **dict.fromkeys(("retention", "dead_retention", "min_free", "lock_wait"), "it belongs to `journal`"),
    **dict.fromkeys(("listen", "port", "host", "max_body", "drain"), "it belongs to `server`"),
    **dict.fromkeys(("actions", "where", "event"), "it belongs to a route, under `routes`"),
    **dict.fromkeys(("env", "environment"), "`${NAME}` takes a value from the environment; constants are `vars`"),
    "secrets": "a secret belongs to its source or destination",
    "on_duplicate": "it belongs to a source",
}
LISTENER = dict.fromkeys(("port", "host", "address", "bind"), 'write listen: "127.0.0.1:8080"')
SOURCE = {
    **_meant("secret", "signing_secret webhook_secret signing_key"),
    **_meant("path", "url endpoint route"),
    **dict.fromkeys(("event", "events", "types"), "a route says which events it takes"),
    **dict.fromkeys(("where", "if"), "it belongs to a route"),
}
ROUTE = {
    **_meant("event", "on type events event_type event_types trigger"),
    **_meant("source", "from provider"),
    **_meant("where", "when condition conditions filter filters match matches"),
    **_meant("actions", "then do steps run tasks"),
    **_meant("else", "otherwise"),
    **_meant("fallback", "default"),
    **_meant("name", "id route"),
    **_meant("on_dead", "on_error on_failure"),
    "disabled": "write `enabled: false`",
    **dict.fromkeys(("description", "comment", "title"), "write it as a comment: `# ...`"),
    **dict.fromkeys(("priority", "order", "stop", "continue"), "every route that takes an event runs"),
}
ACTION = {
    **_meant("destination", "to target"),
    **_meant("if", "when condition"),
    **_meant("event", "on events"),
    **_meant("for_each", "foreach each loop with_items"),
    **_meant("retry", "retries"),
    **_meant("delay", "wait after"),
    **_meant("name", "id"),
}
#: Keys by which other tools name an action, which here is named by a key of its own.
NAMES_AN_ACTION = ("type", "uses", "action", "plugin", "kind")
