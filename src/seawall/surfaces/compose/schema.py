"""The keys that Compose knows: what else a service holds, it refuses."""

from __future__ import annotations

SERVICE_KEYS = frozenset(
    {
        *("annotations", "attach", "blkio_config", "build", "cap_add", "cap_drop", "cgroup"),
        *("cgroup_parent", "command", "configs", "container_name", "cpu_count", "cpu_percent"),
        *("cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus"),
        *("cpuset", "credential_spec", "depends_on", "deploy", "develop", "device_cgroup_rules"),
        *("devices", "dns", "dns_opt", "dns_search", "domainname", "entrypoint", "env_file"),
        *("environment", "expose", "extends", "external_links", "extra_hosts", "gpus"),
        *("group_add", "healthcheck", "hostname", "image", "init", "ipc", "isolation"),
        *("label_file", "labels", "links", "logging", "mac_address", "mem_limit"),
        *("mem_reservation", "mem_swappiness", "memswap_limit", "models", "network_mode"),
        *("networks", "oom_kill_disable", "oom_score_adj", "pid", "pids_limit", "platform"),
        *("ports", "post_start", "pre_start", "pre_stop", "privileged", "profiles", "provider"),
        *("pull_policy", "pull_refresh_after", "read_only", "restart", "runtime", "scale"),
        *("secrets", "security_opt", "shm_size", "stdin_open", "stop_grace_period"),
        *("stop_signal", "storage_opt", "sysctls", "tmpfs", "tty", "ulimits", "use_api_socket"),
        *("user", "userns_mode", "uts", "volumes", "volumes_from", "working_dir"),
    }
)

TOP_KEYS = frozenset(
    {
        *("configs", "include", "models", "name", "networks", "secrets", "services", "version"),
        "volumes",
    }
)

STRINGS = frozenset(
    {
        *("cgroup", "container_name", "hostname", "image", "ipc", "network_mode", "pid"),
        *("restart", "user", "userns_mode", "uts", "working_dir"),
    }
)
"""Fields of a service that must be texts: an unquoted `user: 0` is refused."""

_LISTS = (
    *("cap_add", "cap_drop", "configs", "device_cgroup_rules", "devices", "expose", "group_add"),
    *("links", "ports", "profiles", "secrets", "security_opt", "volumes", "volumes_from"),
)
_PAIRS = (
    "annotations",
    "environment",
    "extra_hosts",
    "labels",
    "sysctls",
    "networks",
    "depends_on",
)
_SCALARS = (
    *("cpu_shares", "cpus", "init", "mem_limit", "memswap_limit", "oom_kill_disable"),
    *("oom_score_adj", "pids_limit", "privileged", "read_only", "use_api_socket"),
)

SHAPES: dict[str, str] = {
    **dict.fromkeys(_LISTS, "a list"),
    **dict.fromkeys(_PAIRS, "a list or a mapping"),
    **dict.fromkeys(_SCALARS, "a scalar"),
    **dict.fromkeys(STRINGS, "a string"),
    **dict.fromkeys(("healthcheck", "logging", "ulimits"), "a mapping"),
    **dict.fromkeys(("dns", "dns_search", "env_file", "tmpfs"), "a scalar or a list"),
    "build": "a scalar or a mapping",
}
"""What a field of a service must be; null is none of these."""
