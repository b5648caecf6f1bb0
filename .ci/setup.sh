#!/usr/bin/env bash
# Makes the environment in .venv: the package as it stands here, with what tests and JupyterLab need.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '==> %s\n' "$*" >&2; }
fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

stamp=".venv/.jupyter-batch-$(cat pyproject.toml .ci/setup.sh | cksum | tr ' \t' '--')"
if [ -e .venv ] && ! fits .venv/bin/python; then
  say "the environment in .venv does not work (its Python has gone or is too old): making it anew"
  rm -rf .venv
fi
if [ -e "$stamp" ] && .venv/bin/python -c 'import jupyter_batch' >/dev/null 2>&1; then
  exit 0
fi

find_python() {
  for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
    if [ -n "$candidate" ] && fits "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
}

if command -v uv >/dev/null 2>&1; then
  say "making the environment with uv"
  [ -e .venv ] || uv venv --quiet --python '>=3.11' .venv
  VIRTUAL_ENV="$PWD/.venv" uv pip install --quiet -e . --group test --group docs --group lab
else
  python="$(find_python)"
  if [ -z "$python" ]; then
    say "no Python of at least 3.11 is here: install one, or uv (https://docs.astral.sh/uv)"
    exit 1
  fi
  say "making the environment with $python"
  if [ ! -e .venv ] && ! "$python" -m venv .venv; then
    rm -rf .venv
    say "$python cannot make environments; on Debian and Ubuntu: apt-get install python3-venv"
    exit 1
  fi
  # Dependency groups are known to pip from 25.1 on.
  .venv/bin/python -m ensurepip >/dev/null 2>&1 || true
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -e . --group test --group docs --group lab
fi
rm -f .venv/.jupyter-batch-*
touch "$stamp"
say "the environment is ready: .venv"
