"""The plugin loader: each trap that was found on the way is a test here."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pytest

from router.registry import Registry, load_registry, shipped_dir

PLUGIN = '''"""A plugin of a test."""
from __future__ import annotations

from dataclasses import dataclass

from router.plugin import Action, Model, Text


@dataclass(frozen=True)
class Note:
    text: str


class Config(Model):
    """Nothing."""
    note: Note | None = None


class Params(Model):
    """A text."""
    text: Text


class NAME(Action[Config, Params]):
    """Shouts."""
    name = "shout"
    version = "3"
    Config = Config
    Params = Params

    async def execute(self, params, delivery):
        return {"said": Note(params.text).text}
'''


def write(folder: Path, file: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def only_fault(registry: Registry) -> tuple[str, str, int]:
    assert len(registry.faults) == 1, registry.faults
    fault = registry.faults[0]
    return fault.file, fault.message, fault.line


def load(folder: Path) -> Registry:
    return load_registry([folder], entry_points=False)


def test_the_shipped_actions_are_found_without_a_fault() -> None:
    registry = load_registry(entry_points=False)
    assert registry.faults == ()
    assert set(registry.actions) >= {"slack", "resend", "http"}
    for name, registered in registry.actions.items():
        assert registered.name == registered.action.name == name
        assert Path(registered.origin).is_relative_to(shipped_dir())
        assert registered.version == registered.action.version


def test_a_plugin_of_a_users_folder_is_loaded_with_its_lazy_annotations(tmp_path: Path) -> None:
    file = write(tmp_path, "shout.py", PLUGIN)
    registry = load(tmp_path)
    assert registry.faults == ()
    shout = registry.get("shout")
    assert shout is not None
    assert (shout.version, shout.origin) == ("3", str(file))
    assert shout.action.Config.model_validate({"note": {"text": "x"}})
    assert sys.modules[shout.action.__module__].__file__ == str(file)


def test_two_files_of_one_name_in_two_folders_do_not_collide(tmp_path: Path) -> None:
    write(tmp_path / "a", "shout.py", PLUGIN)
    write(tmp_path / "b", "shout.py", PLUGIN.replace('"shout"', '"whisper"'))
    registry = load_registry([tmp_path / "a", tmp_path / "b"], entry_points=False)
    assert registry.faults == ()
    modules = {registry.actions[name].action.__module__ for name in ("shout", "whisper")}
    assert len(modules) == 2


def test_the_same_folder_twice_is_once(tmp_path: Path) -> None:
    write(tmp_path / "plugins", "shout.py", PLUGIN)
    (tmp_path / "link").symlink_to(tmp_path / "plugins")
    folders = [tmp_path / "plugins", tmp_path / "x" / ".." / "plugins", tmp_path / "link", shipped_dir()]
    registry = load_registry(folders, entry_points=False)
    assert registry.faults == ()
    assert "shout" in registry.actions


def test_two_plugins_of_one_name_are_a_fault_that_names_both_files(tmp_path: Path) -> None:
    file = write(tmp_path, "mine.py", PLUGIN.replace('"shout"', '"resend"'))
    registry = load(tmp_path)
    where, message, line = only_fault(registry)
    assert where == str(file)
    assert str(shipped_dir() / "resend" / "__init__.py") in message
    assert line == PLUGIN.splitlines().index("class NAME(Action[Config, Params]):") + 1
    resend = registry.get("resend")
    assert resend is not None
    assert resend.origin == str(shipped_dir() / "resend" / "__init__.py")


def test_a_broken_file_is_a_fault_with_its_line_and_the_others_are_loaded(tmp_path: Path) -> None:
    write(tmp_path, "shout.py", PLUGIN)
    file = write(tmp_path, "broken.py", "import os\n\nraise RuntimeError('no luck')\n")
    registry = load(tmp_path)
    where, message, line = only_fault(registry)
    assert (where, line) == (str(file), 3)
    assert "RuntimeError: no luck" in message
    assert "mend the file" in message
    assert "shout" in registry.actions
    assert not [name for name in sys.modules if name.startswith("router_plugin_broken")]


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("x = 1\ndef (:\n", "SyntaxError", 2),
        ("\nimport no_such_package_anywhere\n", "install the package", 2),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3", 2),
        ("x = 1\n", "there is no action in this file", 1),
        ("x = '\\ud800'.encode()\n", "UnicodeEncodeError", 1),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_where(tmp_path: Path, text: str, said: str, line: int) -> None:
    write(tmp_path, "broken.py", text)
    _, message, found = only_fault(load(tmp_path))
    assert said in message
    assert found == line


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "shout"', "", "needs a `name`"),
        ('name = "shout"', 'name = "Shout It"', "lower-case letters"),
        ('name = "shout"', 'name = "retry"', "meaning in routes already"),
        ("    Config = Config\n", "    Config = dict\n", "`Config` must be a subclass"),
        ("    Params = Params\n", "", "`Params` must be a subclass"),
        ("async def execute(self, params, delivery)", "async def run(self, params, delivery)", "needs `execute`"),
        (
            "async def execute(self, params, delivery)",
            "async def execute(self, params)",
            "(self, params, delivery)",
        ),
        ('version = "3"', "version = 3", "`version` must be a text"),
        ("note: Note | None = None", "timeout: int = 3", "every destination has `timeout`"),
    ],
)
def test_a_class_that_is_no_action_says_what_it_lacks(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in PLUGIN
    write(tmp_path, "shout.py", PLUGIN.replace(old, new))
    registry = load(tmp_path)
    _, message, line = only_fault(registry)
    assert said in message
    assert line > 1
    assert "shout" not in registry.actions


def test_files_and_folders_that_start_with_an_underscore_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "__init__.py", "raise RuntimeError\n")
    write(tmp_path, "_helper.py", "raise RuntimeError\n")
    write(tmp_path, "_drafts/__init__.py", "raise RuntimeError\n")
    write(tmp_path, "notes.txt", "not Python")
    assert load(tmp_path).faults == ()


def test_a_module_may_hold_several_actions_and_a_base_of_its_own(tmp_path: Path) -> None:
    base = PLUGIN.replace("class NAME(", "class _Base(").replace('name = "shout"', "")
    both = "".join(f"\n\nclass {n.title()}(_Base):\n    '''Speaks.'''\n    name = '{n}'\n" for n in ("one", "two"))
    write(tmp_path, "several.py", base + both)
    registry = load(tmp_path)
    assert registry.faults == ()
    assert {"one", "two"} <= set(registry.actions)


def test_a_package_is_one_plugin_and_imports_its_own_parts(tmp_path: Path) -> None:
    write(
        tmp_path,
        "shout/__init__.py",
        PLUGIN.replace("Note(params.text).text", "loud(params.text)").replace(
            "\n\nclass Config", "\n\nfrom .voice import loud\n\n\nclass Config", 1
        ),
    )
    write(tmp_path, "shout/voice.py", "def loud(text):\n    return text.upper()\n")
    registry = load(tmp_path)
    assert registry.faults == ()
    assert "shout" in registry.actions


def test_a_folder_that_does_not_exist_is_a_fault(tmp_path: Path) -> None:
    _, message, _ = only_fault(load(tmp_path / "nowhere"))
    assert "does not exist" in message


def test_a_file_is_executed_once_until_it_changes(tmp_path: Path) -> None:
    file = write(tmp_path, "shout.py", PLUGIN)
    first = load(tmp_path).actions["shout"].action
    assert load(tmp_path).actions["shout"].action is first
    # The same size within the same second: a cache by time and size would bring the old class back.
    file.write_text(PLUGIN.replace('version = "3"', 'version = "4"'))
    changed = load(tmp_path).actions["shout"]
    assert changed.action is not first
    assert changed.version == "4"


def test_a_users_folder_gets_no_cache_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    write(tmp_path, "shout.py", PLUGIN)
    assert load(tmp_path).faults == ()
    assert os.listdir(tmp_path) == ["shout.py"]


def package(folder: Path, target: str, module: str) -> None:
    write(folder, "acme_actions.py", module)
    write(
        folder, "acme_actions-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme-actions\nVersion: 1.2\n"
    )
    write(
        folder, "acme_actions-1.2.dist-info/entry_points.txt", f"[router.actions]\nshout = acme_actions:{target}\n"
    )


def test_an_installed_package_offers_its_action_by_an_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path, "NAME", PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = load_registry()
    sys.modules.pop("acme_actions")
    assert registry.faults == ()
    assert registry.actions["shout"].origin == "acme-actions 1.2"
    assert "shout" not in load_registry(entry_points=False).actions


@pytest.mark.parametrize(
    ("target", "said"), [("Missing", "cannot be loaded"), ("Note", "not a subclass of Action")]
)
def test_a_broken_entry_point_is_a_fault_that_names_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, said: str
) -> None:
    package(tmp_path, target, PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path))
    where, message, _ = only_fault(load_registry())
    sys.modules.pop("acme_actions")
    assert where == "acme-actions 1.2"
    assert said in message


def test_the_plugins_folder_is_a_package_so_that_http_is_no_module_of_its_own() -> None:
    assert (shipped_dir() / "__init__.py").is_file()


def modules_of(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def test_a_plugin_imports_only_the_plugin_api_third_parties_and_its_own_package() -> None:
    top = shipped_dir()
    wrong: list[str] = []
    for file in top.rglob("*.py"):
        for module in modules_of(file):
            relative_to_itself = module.startswith(".") and not module.startswith("..") and file.parent != top
            ours = module.startswith(".") or module.split(".")[0] in ("router", "plugins", "tests")
            if ours and module != "router.plugin" and not relative_to_itself:
                wrong.append(f"{file.relative_to(top)}: {module}")
    assert wrong == []


def test_nobody_imports_a_plugin_by_name() -> None:
    roots = [Path(__file__).resolve().parent, Path(sys.modules["router"].__file__ or "").resolve().parent]
    wrong = [
        str(file)
        for root in roots
        for file in root.rglob("*.py")
        if "node_modules" not in file.parts
        for module in modules_of(file)
        if module.split(".")[0] == "plugins" or module.startswith("router._plugins")
    ]
    assert wrong == []
