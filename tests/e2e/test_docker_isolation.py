"""The isolation of a notebook in its container."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_batch.domain.environment import Environment, Volume

pytestmark = pytest.mark.docker


async def look(kit, code: str, environment: Environment | None = None, **bundle) -> dict[str, Any]:
    """Runs code that leaves its findings in ``found`` and returns them."""
    source = f"found = {{}}\n{code}\nimport json, sys\nprint(json.dumps(found), file=sys.stderr)"
    handle = await kit.start(source, environment, **bundle)
    _, lines = await kit.read(handle)
    ending = await kit.executor.wait(handle)
    assert ending.exit_code == 0, lines
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


async def test_a_notebook_is_nobody_and_can_become_no_more(kit):
    found = await look(
        kit,
        """import os
found["uid"] = os.getuid()
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
found["capabilities"] = int(status["CapEff"], 16) | int(status["CapBnd"], 16)
found["no_new_privs"] = status["NoNewPrivs"].strip()
found["pid_1"] = open("/proc/1/cmdline").read()
found["sockets"] = [p for p in ("/var/run/docker.sock", "/run/docker.sock") if os.path.exists(p)]""",
    )
    assert found["uid"] != 0
    assert found["capabilities"] == 0
    assert found["no_new_privs"] == "1"
    assert "init" in found["pid_1"]
    assert found["sockets"] == []


async def test_home_and_working_folder_can_be_written_to_and_hold_nothing_of_the_bundle(kit):
    found = await look(
        kit,
        """import os, sys
found["cwd"] = os.getcwd()
found["writable"] = [p for p in (os.getcwd(), os.environ["HOME"], "/tmp") if os.access(p, os.W_OK)]
found["arguments"] = sys.argv
found["there"] = [os.path.join(at, f) for at, _, fs in os.walk("/jupyter-batch") for f in fs]""",
    )
    assert len(found["writable"]) == 3
    assert found["cwd"] in found["writable"]
    assert found["there"] == found["arguments"] == ["/jupyter-batch/home/.jb-runner.pyz"]


async def test_libraries_are_told_how_many_cpus_they_have(kit):
    found = await look(
        kit,
        "import os\nfound.update({k: v for k, v in os.environ.items() if k.endswith('_THREADS')})",
        Environment(cpus=1.0),
    )
    assert found["OMP_NUM_THREADS"] == found["OPENBLAS_NUM_THREADS"] == "1"


async def test_the_network_none_leads_nowhere(kit):
    found = await look(
        kit, "import os\nfound['links'] = os.listdir('/sys/class/net')", Environment(network="none")
    )
    assert found["links"] == ["lo"]


async def test_the_container_is_made_with_every_limit_and_no_secret(kit, client):
    handle = await kit.start(
        "pass",
        Environment(cpus=0.5, memory_bytes=256 * 2**20, env={"PLAIN": "p"}),
        secrets={"TOKEN": "s3cret-value-42"},
    )
    told = client.inspect_container(handle.container_id)
    host = told["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == 256 * 2**20
    assert host["NanoCpus"] == 500_000_000
    assert host["PidsLimit"] == kit.settings.max_pids
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Init"] is True
    assert host["Privileged"] is False
    assert host["AutoRemove"] is False
    assert not host["Binds"]
    assert not host.get("Mounts")
    assert told["Name"] == f"/jb-{handle.run_id}-1"
    assert "s3cret-value-42" not in json.dumps(told)


async def test_the_log_neither_rotates_nor_drops_whatever_the_daemon_s_defaults(kit, client):
    handle = await kit.start("pass")
    log = client.inspect_container(handle.container_id)["HostConfig"]["LogConfig"]
    assert log["Type"] == "json-file"
    assert log["Config"]["mode"] == "blocking"
    assert log["Config"]["max-file"] == "1"
    # More than a runner can write, however it is escaped, and no more than some of its limits.
    limits = kit.settings.max_output_bytes + kit.settings.max_artifact_bytes
    assert 8 * kit.settings.max_output_bytes < int(log["Config"]["max-size"]) < 16 * limits


async def test_an_allowed_folder_is_mounted_read_only_unless_asked(kit, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "data.txt").write_text("from the host")
    allowed = kit.with_settings(allowed_volumes=(f"{tmp_path}/*",))
    found = await look(
        allowed,
        """import os
found["text"] = open("/mnt/in/data.txt").read()
found["read_only"] = bool(os.statvfs("/mnt/in").f_flag & os.ST_RDONLY)""",
        Environment(volumes=(Volume(source=f"{tmp_path}/in", target="/mnt/in"),)),
    )
    assert found == {"text": "from the host", "read_only": True}


async def test_an_image_that_runs_as_root_runs_as_somebody_else(kit):
    await kit.build_derived("FROM @JOB@\nUSER root\nENV HOME=/root\n", "root-user:test")
    found = await look(
        kit,
        "import os\nfound['uid'] = os.getuid()\nfound['home'] = os.environ['HOME']\n"
        "open(os.path.expanduser('~/x'), 'w').close()",
        Environment(image="root-user:test"),
    )
    assert found["uid"] != 0
    assert found["home"] != "/root"


async def test_an_image_s_own_user_is_kept(kit):
    await kit.build_derived(
        "FROM @JOB@\nUSER root\nRUN echo 'me:x:4321:99::/home/me:/bin/sh' >> /etc/passwd && "
        "mkdir /home/me && chown 4321:99 /home/me\nUSER me\n",
        "own-user:test",
    )
    found = await look(
        kit,
        "import os\nfound.update(uid=os.getuid(), gid=os.getgid(), home=os.environ['HOME'])\n"
        "open('here', 'w').close()",
        Environment(image="own-user:test"),
    )
    assert found == {"uid": 4321, "gid": 99, "home": "/home/me"}
