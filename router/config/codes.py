"""The stable codes of problems: what each means in a line, and its page in the documentation.

A code never changes its meaning once it is released. A new one is a line here and a page in `docs/problems/`.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

#: What each code means, in the order of the index.
GROUPS: dict[str, dict[str, str]] = {
    "YAML": {
        "yaml-syntax": "a line that is not YAML",
        "tab": "a tab where YAML wants blanks",
        "forbidden-character": "a character that cannot stand in the file",
        "indentation": "a line that is indented in the wrong place",
        "unclosed": "a quote or bracket that is never closed",
        "missing-comma": "a comma is missing inside brackets",
        "text-after-quote": "text after a closing quote",
        "unknown-escape": "an escape that YAML does not know",
        "needs-quotes": "a text that YAML takes for something else",
        "unquoted-template": "a template without quotes",
        "cut-text": "a text that a comment cuts off",
        "empty-value": "a key without a value",
        "duplicate-key": "a key that stands twice",
        "unusable-key": "what stands before the colon is no key",
        "unclear-number": "a number that cannot be taken as one",
        "yaml-tag": "an exclamation mark that YAML takes for a tag",
        "unknown-alias": "an alias without its anchor",
        "endless-alias": "an alias inside the value that it repeats",
        "wrong-merge": "a merge key with something other than a mapping",
        "several-documents": "a second document in one file",
        "too-deep": "values that are nested too deep",
        "too-large": "a file that is too large",
        "typographic-quotes": "quotes that a word processor made",
    },
    "The file": {
        "unknown-version": "another version of the language",
        "unknown-key": "a key that does not exist here",
        "missing-key": "a key that has to be there",
        "duplicate-name": "a name that is given twice",
        "missing-name": "a name that has to be given",
        "unusable-name": "a name with characters that cannot stand in it",
        "reserved-name": "a name that is already taken",
        "wrong-type": "a value of another type",
        "wrong-value": "a value that cannot be right",
        "unknown-value": "a value that is not one of those possible",
        "wrong-unit": "a duration, size or rate without its unit, or with an unknown one",
        "out-of-range": "a number that is too small or too large",
        "empty-list": "a list of nothing",
        "not-yet": "something that is not supported yet",
        "wrong-include": "an include that cannot be followed",
        "empty-include": "a pattern that matches no file",
        "unreadable-file": "a file or folder that cannot be read",
        "unset-variable": "an environment variable that is not set",
        "wrong-reference": "a `${...}` that is none",
        "reference-in-route": "a `${...}` in a route",
        "template-in-vars": "a template in the vars of the file",
        "broken-plugin": "a plugin that cannot be loaded",
        "unused": "a name that nothing uses",
    },
    "Sources": {
        "unknown-source": "a source that does not exist",
        "unknown-provider": "a provider that does not exist",
        "unknown-scheme": "a scheme of verification that does not exist",
        "wrong-secret": "a secret of the wrong form",
        "doubtful-secret": "a secret that is probably another one",
        "useless-key": "a key that has no effect here",
        "signed-text": "a text of what is signed that cannot be right",
        "unsigned-timestamp": "a time that is not signed",
        "wrong-place": "what is no place in a request",
        "wrong-header": "what cannot be the name of a header",
        "credential": "a credential that would be stored",
        "unusable-path": "a path that a source cannot have",
        "duplicate-path": "two sources at one path",
        "no-id": "a source without an id",
    },
    "Actions and destinations": {
        "unknown-action": "an action that does not exist",
        "two-actions": "two plugins in one action",
        "parameters": "settings of an action that do not fit together",
        "unknown-destination": "a destination that does not exist",
        "missing-destination": "no destination for an action",
        "which-destination": "several destinations that an action could go to",
        "wrong-destination": "a destination of another type",
        "constant-lane": "a lane that is the same for every event",
        "fails-for-samples": "a delivery that would be dead for sample events",
        "unreachable": "a destination or the journal that gives no answer",
        "misfit": "what does not fit its destination",
    },
    "Routes and conditions": {
        "unknown-event": "an event type that the provider does not send",
        "never": "something that can never happen",
        "unknown-field": "a field that no sample event has",
        "other-type": "a comparison with another type than the value has",
        "filter-on-object": "a filter on an object that is no list",
        "bad-path": "a path that cannot be read",
        "bare-path": "a path without a value to compare with",
        "deep-path": "a path that looks everywhere",
        "filter-at-root": "a filter on the payload itself",
        "unknown-operator": "an operator that does not exist",
        "empty-where": "a condition without anything to test",
        "contradiction": "conditions that exclude each other",
        "template-in-where": "a template in a condition",
        "bad-pattern": "a pattern that does not compile",
        "slashed-pattern": "a pattern between slashes",
        "text-number": "a number in quotes in a comparison",
    },
    "Templates": {
        "template-syntax": "a template that cannot be compiled",
        "unknown-name": "a name that no template knows",
        "unknown-filter": "a filter that does not exist",
        "unknown-method": "a method that does not exist",
        "unknown-test": "a test that does not exist",
        "raw-not-allowed": "`raw` in a field that does not permit it",
        "constant": "a template where only a constant can stand",
    },
    "Tests of routes": {
        "which-event": "a test that does not say which event comes",
        "unknown-sample": "a sample that does not exist",
        "unknown-place": "a place that the payload does not have",
        "added-place": "a place that a sample does not have",
        "unknown-route": "a route, or an action of one, that does not exist",
    },
}

CODES: dict[str, str] = {code: title for codes in GROUPS.values() for code, title in codes.items()}

#: What is allowed and probably not meant; all others are errors.
WARNINGS = frozenset(
    (
        "added-place",
        "constant-lane",
        "deep-path",
        "doubtful-secret",
        "empty-include",
        "fails-for-samples",
        "filter-at-root",
        "filter-on-object",
        "never",
        "no-id",
        "other-type",
        "slashed-pattern",
        "template-in-vars",
        "text-number",
        "typographic-quotes",
        "unknown-event",
        "unknown-field",
        "unused",
        "unsigned-timestamp",
    )
)

#: Told as an error or as a warning, as the plugin says.
EITHER = frozenset(("parameters", "misfit"))


def severity(code: str) -> str:
    """Return `error`, `warning` or `error or warning`."""
    if code in EITHER:
        return "error or warning"
    return "warning" if code in WARNINGS else "error"


def page_name(code: str) -> str:
    """Return the path of a code's page, from the folder of the documentation."""
    return f"problems/{code}.md"


def page(code: str) -> str | None:
    """Return the text of a code's page; None where there is no such code."""
    if code not in CODES:
        return None
    file = _folder() / f"{code}.md"
    return file.read_text(encoding="utf-8") if file.is_file() else None


def near(code: str) -> list[str]:
    """Return the codes that were probably meant, the nearest first."""
    return get_close_matches(code.lower(), CODES, n=3, cutoff=0.5) or [c for c in CODES if code and code in c][:3]


def _folder() -> Path:
    """Return the folder of the pages: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_problems"
    return inside if inside.is_dir() else package.parent / "docs" / "problems"
