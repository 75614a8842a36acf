#!/bin/sh
# Builds the wheel (from the sdist), installs it into a virtual environment of its own and runs the tests
# against it in a copy, away from the tree. What passes in the tree only because a file lies beside it,
# fails here.
#
#   sh tests/wheel.sh .venv/bin/python [what pytest takes ...]
#
# The python given is that of a development environment: it brings the builder, the test tools and the
# pinned dependencies, so that nothing is downloaded.
set -eu

python=${1:?usage: sh tests/wheel.sh PYTHON [pytest arguments]}
shift
python=$(cd "$(dirname "$python")" && pwd)/$(basename "$python")
tree=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
export PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH || true

echo "building the sdist, and the wheel from it"
"$python" -m build --no-isolation --outdir "$work/dist" "$tree" >"$work/build.log" 2>&1 ||
  { cat "$work/build.log" >&2; exit 1; }
wheel=$(ls "$work"/dist/*.whl)

echo "comparing $(basename "$wheel") with the tree"
"$python" - "$wheel" "$tree" <<'PY'
import sys
import zipfile
from pathlib import Path

wheel, tree = sys.argv[1], Path(sys.argv[2])
inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


def files(folder):
    found = (p for p in (tree / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {p.relative_to(tree / folder).as_posix() for p in found}


carried = {"router": "router", "plugins": "router/_plugins", "docs/problems": "router/_problems"}
wanted = {f"{there}/{name}" for folder, there in carried.items() for name in files(folder)}
if missing := sorted(wanted - inside):
    sys.exit(f"not in the wheel: {missing}")
if extra := sorted(inside - wanted):
    sys.exit(f"in the wheel, and not in the tree: {extra}")
PY

echo "installing it"
"$python" -m venv --without-pip "$work/venv"
"$python" -m pip --python "$work/venv/bin/python" --disable-pip-version-check --quiet install --no-deps --no-index "$wheel"
site=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# The dependencies are those of the development environment; its own editable router is not among them,
# because a folder that a .pth file names brings no .pth files of its own.
"$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$site/dependencies.pth"

mkdir "$work/copy"
for path in "$tree"/*; do
  case $(basename "$path") in
    router | plugins | build | dist) ;;
    *) cp -R "$path" "$work/copy/" ;;
  esac
done
cp "$tree/.dockerignore" "$work/copy/"
cd "$work/copy"

"$work/venv/bin/python" - "$site" <<'PY'
import sys
from pathlib import Path

import router
from router.config.codes import CODES, page
from router.registry import load_registry, shipped_dir

site = Path(sys.argv[1]).resolve()
assert Path(router.__file__).resolve().is_relative_to(site), router.__file__
assert shipped_dir() == site / "router" / "_plugins", shipped_dir()
registry = load_registry()
assert not registry.faults, registry.faults
assert all(page(code) for code in CODES)
print("actions in the wheel:", ", ".join(sorted(registry.actions)))
PY

# Left out: the one that reads the source tree itself, and what takes minutes and asks nothing of the wheel that others
# do not ask: the harness, and the contract of the journal in PostgreSQL (its replicas are started here all the same).
[ $# -gt 0 ] || set -- tests --ignore=tests/test_structure.py --ignore=tests/acceptance/test_conservation.py \
  --ignore=tests/bench --ignore=tests/journal/test_postgres_contract.py
ROUTER_TEST_WHEEL=$wheel PATH="$work/venv/bin:$PATH" "$work/venv/bin/python" -m pytest -q -p no:cacheprovider "$@"
