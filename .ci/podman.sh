#!/usr/bin/env bash
# Runs a command with a Podman service in the place of the Docker engine, through its
# docker-compatible socket. The job image is copied from the engine that DOCKER_HOST names.
#
#     .ci/podman.sh COMMAND...
set -euo pipefail
command -v podman >/dev/null || {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      podman runc catatonit netavark uidmap >/dev/null
  else
    printf '==> install podman, catatonit and netavark\n' >&2
    exit 1
  fi
}
state="$(mktemp -d)"
socket="unix://$state/podman.sock"
export CONTAINERS_CONF="$state/containers.conf"
# crun refuses the mixed control groups of some machines; limits must not be above the
# hard ones of this shell.
cat >"$CONTAINERS_CONF" <<END
[engine]
$(command -v runc >/dev/null && printf 'runtime = "runc"\n')
cgroup_manager = "cgroupfs"
events_logger = "file"
init_path = "$(command -v catatonit || printf /usr/libexec/podman/catatonit)"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
END
image="$(.venv/bin/python -c 'from jupyter_batch.domain.settings import Settings; print(Settings(data_dir="/", root_dir="/").default_image)')"
.venv/bin/python - "$image" "$state/image.tar" <<'END'
import sys

import docker

from jupyter_batch.executors.docker.connection import find_address

name, path = sys.argv[1:]
client = docker.APIClient(base_url=find_address(), version="auto")
with open(path, "wb") as file:
    for piece in client.get_image(name):
        file.write(piece)
END
podman load -q -i "$state/image.tar" >&2
rm "$state/image.tar"
podman --log-level=error system service --time=0 "$socket" &
service=$!
trap 'kill "$service" 2>/dev/null; wait "$service" 2>/dev/null; rm -rf "$state"' EXIT
for _ in $(seq 100); do
  [ -S "$state/podman.sock" ] && break
  sleep 0.1
done
DOCKER_HOST="$socket" "$@"
