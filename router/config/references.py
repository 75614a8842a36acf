"""`${VAR}`, `${VAR:-default}` and `${file:path}` in the values of a file, resolved after it was parsed."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Values
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote, urlsplit

from router.config.files import MAX_SECRET, UnusableFile, near, read_text, shown
from router.config.made_up import made_up as a_value_for
from router.config.made_up import names_secret, telling
from router.config.node import Mapping, Mark, Node, Scalar, Sequence
from router.config.problem import Problems, TooMany

_SIGN = re.compile(r"\$\$\{|\$\{(?=[A-Za-z_])")
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_LITERAL = "$${"
_LONGEST = 16 * 2**20  # characters of all values that hold references
_MOST = 1_000  # references in one value
#: A whole value as other tools write a variable: the shell, Windows, GitHub Actions, templates.
_FOREIGN = re.compile(
    r"\$([A-Z][A-Z0-9_]*_[A-Z0-9_]+)|\$\(([A-Z][A-Z0-9_]*)\)|%([A-Z][A-Z0-9_]*)%"
    r"|\$?\{\{\s*(?:env|secrets|vars|process\.env)\.(\w+)\s*\}\}"
)


@dataclass(slots=True)
class Found:
    """What the references of a configuration led to."""

    secrets: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    invented: set[str] = field(default_factory=set)  #: the values of those
    files: list[Path] = field(default_factory=list)
    length: int = 0  #: characters of all values that hold references
    values: dict[str, str] = field(default_factory=dict)  #: of the variables; '' of one that is unset
    contents: dict[Path, str] = field(default_factory=dict)  #: of the files; '' of one that cannot be read


class References:
    """Resolves the references of one file; `folder` is where its relative paths begin, `lines` its raw lines."""

    def __init__(
        self,
        folder: Path,
        lines: list[str],
        environ: Values[str, str],
        problems: Problems,
        found: Found,
    ) -> None:
        self._folder = folder
        self._lines = lines
        self._environ = environ
        self._problems = problems
        self._found = found
        self._made_up: Callable[[str], str] | None = None
        self._settings = False
        self._key = ""

    def resolve(self, node: Node, *, made_up: Callable[[str], str] | None = None, settings: bool = False) -> Node:
        """Return the tree with every reference replaced by its text; `made_up` gives that of an unset one.

        In `settings` a whole value such as `$NAME` is what other tools write for `${NAME}`, and an error.
        """
        self._made_up = made_up
        self._settings = settings
        return self._walk(node, self._replace)

    def refuse(self, node: Node) -> Node:
        """Return the tree of a place where no reference may stand; each is an error that says where it belongs."""
        self._settings = False
        return self._walk(node, self._refused)

    def _walk(self, node: Node, change: Callable[[Scalar, re.Match[str]], str]) -> Node:
        if isinstance(node, Scalar):
            if self._settings and isinstance(node.value, str) and (match := _FOREIGN.fullmatch(node.value)):
                name = next(group for group in match.groups() if group)
                hint = f'write "${{{name}}}"'
                self._problems.error("wrong-reference", node, "a variable is not written like this here", hint)
                self._problems.spoil(node)
                return Scalar(a_value_for(name), node.mark, node.text, plain=False)
            if not isinstance(node.value, str) or "${" not in node.value:
                return node
            return self._scalar(node, node.value, change)
        if isinstance(node, Sequence):
            return Sequence(tuple(self._walk(item, change) for item in node.items), node.mark)
        entries: list[tuple[Scalar, Node]] = []
        for key, value in node.entries:
            self._key = key.text if isinstance(value, Scalar) else ""
            entries.append((key, self._walk(value, change)))
        return Mapping(tuple(entries), node.mark, node.owner)

    def _scalar(self, node: Scalar, text: str, change: Callable[[Scalar, re.Match[str]], str]) -> Scalar:
        if text.count("${") > _MOST:
            self._problems.error("too-large", node, f"this value holds more than {_MOST:,} references")
            self._problems.spoil(node)
            return Scalar("", node.mark, node.text, plain=False)
        parts: list[str] = []
        position = 0
        while sign := _SIGN.search(text, position):
            parts.append(text[position : sign.start()])
            if sign[0] == _LITERAL:
                parts.append("${")
                position = sign.end()
                continue
            whole = re.compile(r"\$\{([^}]*)\}").match(text, sign.start())
            if whole is None:
                mark = self._place(node, text[sign.start() :][:20])
                self._problems.error(
                    "wrong-reference", mark, "this `${` is not closed by `}`", "write `$${` for a `${` as text"
                )
                self._problems.spoil(node)
                return Scalar(text, node.mark, node.text, plain=False)
            parts.append(change(node, whole))
            position = whole.end()
        parts.append(text[position:])
        self._found.length += sum(map(len, parts))
        if self._found.length > _LONGEST:
            message = f"what the references stand for is longer than {_LONGEST // 2**20} MiB in all"
            self._problems.error("too-large", node, message)
            raise TooMany
        return Scalar("".join(parts), node.mark, node.text, plain=False)

    def _refused(self, node: Scalar, whole: re.Match[str]) -> str:
        name = re.sub(r"\W+", "_", whole[1].removeprefix("file:").split(":")[0].lower()).strip("_")
        hint = (
            "a secret belongs to `sources` or `destinations`, another constant to `vars`: "
            f'{name}: "{whole[0]}" there, and {{{{ {name} }}}} here; `$${{` is a `${{` as text'
        )
        message = f"`{whole[0]}` stands in a route, where nothing is taken from outside"
        self._problems.error("reference-in-route", self._place(node, whole[0]), message, hint)
        return whole[0]

    def _replace(self, node: Scalar, whole: re.Match[str]) -> str:
        inside = whole[1]
        if "${" in inside:
            return self._wrong(node, whole, "a reference cannot stand in another")
        if inside.startswith("file:") and not inside.startswith("file:-"):
            return self._file(node, whole, inside.removeprefix("file:"))
        variable = _VARIABLE.fullmatch(inside)
        if variable is None:
            return self._wrong(node, whole, f"`{whole[0]}` is no reference")
        name, default = variable[1], variable[2]
        value = self._found.values[name] = self._environ.get(name, "")
        if not value:
            return default if default is not None else self._unset(node, whole, name)
        if not _is_text(value):
            message = f"the value of `{name}` is not UTF-8"
            return self._failed("wrong-reference", node, whole, name, message, None)
        self._remember(value, has_default=bool(default))
        return value

    def _unset(self, node: Scalar, whole: re.Match[str], name: str) -> str:
        if self._made_up is not None:
            return self._make(node, name, self._made_up)
        state = "empty" if name in self._environ else "not set"
        hint = f"set it in the environment, or give a default: ${{{name}:-...}}"
        if names_secret(name):
            hint = "set it in the environment; `router check --made-up` looks at a file without its secrets"
        folded = {other.upper(): other for other in self._environ} if state == "not set" else {}
        if found := get_close_matches(name.upper(), folded, n=1, cutoff=0.8):
            hint = f"did you mean `{folded[found[0]]}`, which is set?"
        return self._failed("unset-variable", node, whole, name, f"the variable `{name}` is {state}", hint)

    def _file(self, node: Scalar, whole: re.Match[str], name: str) -> str:
        path = self._folder / name
        if name.strip():
            self._found.files.append(path)
            self._found.contents.setdefault(path, "")
        try:
            text = read_text(path, MAX_SECRET).rstrip("\r\n") if name.strip() else ""
        except UnusableFile as error:
            if self._made_up is not None and error.reason == "does not exist":
                return self._make(node, f"file:{name}", self._made_up)
            message = f"the file `{shown(path)}` {error.reason}"
            return self._failed("unreadable-file", node, whole, name, message, error.hint or near(path, name))
        if not text:
            state = "names no file" if not name.strip() else f"names the file `{shown(path)}`, which is empty"
            return self._failed("unreadable-file", node, whole, name, f"`{whole[0]}` {state}", None)
        self._found.contents[path] = text
        self._remember(text, has_default=False)
        return text

    def _make(self, node: Scalar, name: str, made_up: Callable[[str], str]) -> str:
        value = made_up(telling(name, self._key, str(node.value)))
        self._found.made.add(name)
        self._found.invented.add(value)
        self._problems.made_up(node, name)
        return value

    def _failed(
        self, code: str, node: Scalar, whole: re.Match[str], name: str, message: str, hint: str | None
    ) -> str:
        """Note an error, and go on with a value that causes no further ones."""
        self._problems.error(code, self._place(node, whole[0]), message, hint)
        self._problems.spoil(node)
        return a_value_for(name)

    def _wrong(self, node: Scalar, whole: re.Match[str], message: str) -> str:
        hint = "write ${NAME}, ${NAME:-default} or ${file:path}; `$${` is a `${` as text"
        return self._failed("wrong-reference", node, whole, "value", message, hint)

    def _place(self, node: Scalar, written: str) -> Mark:
        """Return where a reference stands inside a value that may begin earlier, lines above even."""
        mark = node.mark
        for number in range(mark.line - 1, min(mark.line + 200, len(self._lines))):
            start = mark.column - 1 if number == mark.line - 1 else 0
            column = self._lines[number].find(written, start)
            if column >= 0:
                return Mark(mark.file, number + 1, column + 1, len(written))
        return mark

    def _remember(self, value: str, *, has_default: bool) -> None:
        """Keep a value that came from outside as a secret.

        One with a default is none, unless it is an address with a password; a bare origin is none either.
        """
        try:
            parts = urlsplit(value)
            password, bare = (
                parts.password,
                parts.scheme in ("http", "https") and not (parts.query or parts.fragment),
            )
            bare = bare and parts.path in ("", "/") and parts.username is None
        except ValueError:
            password, bare = None, False
        if password:
            self._found.secrets |= {value, password, unquote(password)}
        elif not has_default and not bare:
            self._found.secrets.add(value)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
