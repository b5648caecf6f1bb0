"""``make chaos SEED= ROUNDS=``: ends everything there is at random moments; looks at the record."""

from __future__ import annotations

import argparse
import random
import sys

from jupyter_batch.executors.docker.connection import find_address
from tests.chaos.engine import OwnEngine, obstacle
from tests.chaos.rounds import run

parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
parser.add_argument("--seed", type=int, default=None, help="repeats a course of events")
parser.add_argument("--rounds", type=int, default=100)
parser.add_argument("--keep-going", action="store_true", help="go on after a round that failed")
parser.add_argument("--executor", choices=("docker", "process"), default="docker")
parser.add_argument(
    "--only",
    choices=OwnEngine.kinds,
    action="append",
    help="makes only this trouble; may be repeated",
)
arguments = parser.parse_args()
seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
in_containers = arguments.executor == "docker"
if in_containers and (why := obstacle()):
    sys.exit(f"chaos cannot be made here: {why}")
print(f"seed {seed}, {arguments.rounds} rounds", flush=True)
failed = run(
    seed,
    arguments.rounds,
    find_address() if in_containers else None,
    kinds=arguments.only or (),
    keep_going=arguments.keep_going,
)
print(f"{failed} rounds failed (seed {seed})" if failed else "all of it held", flush=True)
sys.exit(1 if failed else 0)
