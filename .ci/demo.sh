#!/usr/bin/env bash
# One notebook, one container, one record. Called through engine.py.
set -euo pipefail
cd "$(dirname "$0")/.."
batch=".venv/bin/jupyter-batch"
export JUPYTER_BATCH_DATA="${JUPYTER_BATCH_DATA:-$PWD/demo-output/data}"
mkdir -p demo-output

executor=()
if [ -n "${JUPYTER_BATCH_NO_ENGINE:-}" ]; then
  printf '\n!!! %s\n!!! The notebook runs WITHOUT A CONTAINER: with your rights, next to your files.\n\n' \
    "$JUPYTER_BATCH_NO_ENGINE" >&2
  executor=(--executor process)
fi

code=0
"$batch" run notebooks/01-quickstart.ipynb -p walks 3000 -p dimensions 3 -p title "A demo" \
  ${executor[@]+"${executor[@]}"} --output demo-output/quickstart.ipynb --json \
  > demo-output/run.json || code=$?
run_id="$(.venv/bin/python -c 'import json; print(json.load(open("demo-output/run.json"))["id"])')"
printf '\n==> The record of the run, from the store in %s:\n\n' "$JUPYTER_BATCH_DATA" >&2
"$batch" show "$run_id"
printf '\n==> The executed notebook: demo-output/quickstart.ipynb\n' >&2
exit "$code"
