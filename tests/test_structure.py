"""The rooms of the router: imports point one way, files are short, background tasks are named."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROUTER = ROOT / "router"

#: From the bottom to the top; a room may import from its own line and from those above it in this list.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "model", "ids", "tasks", "printable", "probed", "starter", "watched", "collector", "turns"),
    ("address", "redaction", "observe", "web", "knock", "plugin", "plugin_file"),
    ("jsonpath", "config"),
    ("registry", "sources"),
    ("destinations", "journal"),
    ("routing", "delivery"),
    ("ruleset",),
    ("comparison", "masking"),
    ("connect", "examples", "live", "schema", "specimen", "stored_rules"),
    ("ingress", "rehearsal", "logs", "tracing"),
    ("explaining", "lint"),
    ("testing", "reload", "admin", "warmer"),
    ("running", "starting"),
    ("app",),
    ("cli",),
    ("__main__",),
)
#: Rooms of one line that do know each other, where the line alone would allow more than is meant.
APART = {
    ("delivery", "routing"),
    ("routing", "delivery"),
    ("sources", "registry"),
    ("jsonpath", "config"),
    ("config", "jsonpath"),
    ("journal", "destinations"),
    ("journal", "config"),
    ("journal", "plugin"),
    ("journal", "sources"),
    ("sources", "plugin"),
}
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}


def room_of(module: str) -> str | None:
    """Return the room of a module's dotted name; None for what is not the router's."""
    parts = module.split(".")
    return parts[1] if parts[0] == "router" and len(parts) > 1 else None


def imports(file: Path) -> Iterator[str]:
    """Yield the modules that a file imports, also inside functions and for type checking."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                continue  # inside one package: a plugin of several files
            base = node.module or ""
            yield from (f"{base}.{name.name}" for name in node.names) if base == "router" else (base,)


def source_files() -> list[Path]:
    """Return every Python file of the package and of the shipped actions."""
    return sorted([*ROUTER.rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])


@pytest.mark.skipif(not (ROOT / "router").is_dir(), reason="needs the source tree")
def test_imports_point_one_way() -> None:
    wrong = []
    for file in ROUTER.rglob("*.py"):
        relative = file.relative_to(ROUTER)
        room = relative.parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        for module in imports(file):
            other = room_of(module)
            if other is None or other == room or other == "__version__":
                continue
            assert other in LEVEL, f"{relative} imports router.{other}, which has no place in LAYERS"
            if LEVEL[other] > LEVEL[room] or (room, other) in APART:
                wrong.append(f"{relative} imports router.{other}")
    assert wrong == []


def test_every_room_has_its_place_in_the_layers() -> None:
    rooms = {path.name.removesuffix(".py") for path in ROUTER.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__init__", "__pycache__", "_plugins", "_problems"} == set(LEVEL)


def test_a_shipped_action_imports_the_plugin_api_and_nothing_else_of_the_router() -> None:
    for file in (ROOT / "plugins").rglob("*.py"):
        ours = {module for module in imports(file) if module.split(".")[0] in ("router", "plugins")}
        assert ours <= {"router.plugin"}, file.name


def test_no_file_is_over_300_lines_and_most_are_under_150() -> None:
    lengths = {file: len(file.read_text().splitlines()) for file in source_files()}
    assert [f"{file.name}: {length}" for file, length in lengths.items() if length > 300] == []
    assert statistics.median(length for length in lengths.values() if length > 5) < 150


def test_the_wheel_carries_what_is_not_python() -> None:
    for pattern in ("sources/providers/*.yaml", "sources/samples/*/*.json", "journal/sql/*.sql", "py.typed"):
        assert list(ROUTER.glob(pattern)), pattern
