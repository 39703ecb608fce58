"""The standards that practices are cited by, and constructors that refuse a section they lack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from msgspec import Struct


class Citation(Struct, frozen=True):
    """A section of a standard: `str()` gives it as reports show it, `CIS Docker 1.8 4.1`."""

    standard: str
    section: str
    title: str
    url: str

    @property
    def text(self) -> str:
        """The standard and the section on one line."""
        return f"{self.standard} {self.section}"

    def __str__(self) -> str:
        return self.text


_Key = TypeVar("_Key", str, int)

CIS_DOCKER = "CIS Docker 1.8"
OWASP_DOCKER = "OWASP Docker Top 10"
NIST_CONTAINERS = "NIST SP 800-190"
CWE = "CWE"


def cis(section: str) -> Citation:
    """A control of the CIS Docker Benchmark 1.8.0, by its number there.

    Raises:
        ValueError: the benchmark has no such control.
    """
    title = _title(CIS_DOCKER, CIS_SECTIONS, section)
    return Citation(CIS_DOCKER, section, title, "https://www.cisecurity.org/benchmark/docker")


def owasp(section: str) -> Citation:
    """A risk of the OWASP Docker Top 10, `D01` to `D10`.

    Raises:
        ValueError: there is no such risk.
    """
    title = _title(OWASP_DOCKER, OWASP_SECTIONS, section)
    return Citation(OWASP_DOCKER, section, title, "https://owasp.org/www-project-docker-top-10/")


def nist(section: str) -> Citation:
    """A countermeasure of chapter 4 of NIST SP 800-190, such as `4.1.2`.

    Raises:
        ValueError: the chapter has no such section.
    """
    title = _title(NIST_CONTAINERS, NIST_SECTIONS, section)
    return Citation(NIST_CONTAINERS, section, title, "https://doi.org/10.6028/NIST.SP.800-190")


def cwe(number: int) -> Citation:
    """A weakness of the Common Weakness Enumeration, by its number.

    Raises:
        ValueError: it is none of those that the rules cite (`CWE_TITLES`).
    """
    title = _title(CWE, CWE_TITLES, number)
    url = f"https://cwe.mitre.org/data/definitions/{number}.html"
    return Citation(CWE, str(number), title, url)


def cis_number(section: str, version: str) -> str | None:
    """The number that a control of 1.8 has in benchmark 1.6 or 1.7; None where it is new.

    Raises:
        ValueError: there is no such control in 1.8, or the version is neither.
    """
    _title(CIS_DOCKER, CIS_SECTIONS, section)
    if version not in {"1.6", "1.7", "1.8"}:
        raise ValueError(f"no numbering for CIS Docker {version}")
    chapter, _, control = section.partition(".")
    # 1.8 put in 2.7, so that everything after it in chapter 2 moved up by one.
    if version == "1.8" or chapter != "2" or int(control) < 7:
        return section
    return None if control == "7" else f"2.{int(control) - 1}"


def _title(standard: str, titles: Mapping[_Key, str], section: _Key) -> str:
    title = titles.get(section)
    if title is None:
        raise ValueError(f"{standard} has no section {section!r}")
    return title


CIS_SECTIONS: Mapping[str, str] = {
    "1.1.1": "Ensure a separate partition for containers has been created",
    "1.1.2": "Ensure only trusted users are allowed to control Docker daemon",
    "1.1.3": "Ensure auditing is configured for the Docker daemon",
    "1.1.4": "Ensure auditing is configured for Docker files and directories - /run/containerd",
    "1.1.5": "Ensure auditing is configured for Docker files and directories - /var/lib/docker",
    "1.1.6": "Ensure auditing is configured for Docker files and directories - /etc/docker",
    "1.1.7": "Ensure auditing is configured for Docker files and directories - docker.service",
    "1.1.8": "Ensure auditing is configured for Docker files and directories - containerd.sock",
    "1.1.9": "Ensure auditing is configured for Docker files and directories - docker.socket",
    "1.1.10": (
        "Ensure auditing is configured for Docker files and directories - /etc/default/docker"
    ),
    "1.1.11": (
        "Ensure auditing is configured for Dockerfiles and directories - /etc/docker/daemon.json"
    ),
    "1.1.12": (
        "Ensure auditing is configured for Dockerfiles and "
        "directories - /etc/containerd/config.toml"
    ),
    "1.1.13": (
        "Ensure auditing is configured for Docker files and directories - /etc/sysconfig/docker"
    ),
    "1.1.14": (
        "Ensure auditing is configured for Docker files and directories - /usr/bin/containerd"
    ),
    "1.1.15": (
        "Ensure auditing is configured for Docker files and directories - /usr/bin/containerd-shim"
    ),
    "1.1.16": (
        "Ensure auditing is configured for Docker files and "
        "directories - /usr/bin/containerd-shim-runc-v1"
    ),
    "1.1.17": (
        "Ensure auditing is configured for Docker files and "
        "directories - /usr/bin/containerd-shim-runc-v2"
    ),
    "1.1.18": "Ensure auditing is configured for Docker files and directories - /usr/bin/runc",
    "1.2.1": "Ensure the container host has been Hardened",
    "1.2.2": "Ensure that the version of Docker is up to date",
    "2.1": "Run the Docker daemon as a non-root user, if possible",
    "2.2": "Ensure network traffic is restricted between containers on the default bridge",
    "2.3": "Ensure the logging level is set to 'info'",
    "2.4": "Ensure Docker is allowed to make changes to iptables",
    "2.5": "Ensure insecure registries are not used",
    "2.6": "Ensure aufs storage driver is not used",
    "2.7": "Ensure devicemapper storage driver is not used",
    "2.8": "Ensure TLS authentication for Docker daemon is configured",
    "2.9": "Ensure the default ulimit is configured appropriately",
    "2.10": "Enable user namespace support",
    "2.11": "Ensure the default cgroup usage has been confirmed",
    "2.12": "Ensure base device size is not changed until needed",
    "2.13": "Ensure that authorization for Docker client commands is enabled",
    "2.14": "Ensure centralized and remote logging is configured",
    "2.15": "Ensure containers are restricted from acquiring new privileges",
    "2.16": "Ensure live restore is enabled",
    "2.17": "Ensure Userland Proxy is Disabled",
    "2.18": "Ensure that a daemon-wide custom seccomp profile is applied if appropriate",
    "2.19": "Ensure that experimental features are not implemented in production",
    "3.1": "Ensure that the docker.service file ownership is set to root:root",
    "3.2": "Ensure that docker.service file permissions are appropriately set",
    "3.3": "Ensure that docker.socket file ownership is set to root:root",
    "3.4": "Ensure that docker.socket file permissions are set to 644 or more restrictive",
    "3.5": "Ensure that the /etc/docker directory ownership is set to root:root",
    "3.6": "Ensure that /etc/docker directory permissions are set to 755 or more restrictively",
    "3.7": "Ensure that registry certificate file ownership is set to root:root",
    "3.8": "Ensure that registry certificate file permissions are set to 444 or more restrictively",
    "3.9": "Ensure that TLS CA certificate file ownership is set to root:root",
    "3.10": "Ensure that TLS CA certificate file permissions are set to 444 or more restrictively",
    "3.11": "Ensure that Docker server certificate file ownership is set to root:root",
    "3.12": (
        "Ensure that the Docker server certificate file permissions "
        "are set to 444 or more restrictively"
    ),
    "3.13": "Ensure that the Docker server certificate key file ownership is set to root:root",
    "3.14": "Ensure that the Docker server certificate key file permissions are set to 400",
    "3.15": "Ensure that the Docker socket file ownership is set to root:docker",
    "3.16": "Ensure that the Docker socket file permissions are set to 660 or more restrictively",
    "3.17": "Ensure that the daemon.json file ownership is set to root:root",
    "3.18": "Ensure that daemon.json file permissions are set to 644 or more restrictive",
    "3.19": "Ensure that the /etc/default/docker file ownership is set to root:root",
    "3.20": (
        "Ensure that the /etc/default/docker file permissions are set to 644 or more restrictively"
    ),
    "3.21": (
        "Ensure that the /etc/sysconfig/docker file permissions are "
        "set to 644 or more restrictively"
    ),
    "3.22": "Ensure that the /etc/sysconfig/docker file ownership is set to root:root",
    "3.23": "Ensure that the Containerd socket file ownership is set to root:root",
    "3.24": (
        "Ensure that the Containerd socket file permissions are set to 660 or more restrictively"
    ),
    "4.1": "Ensure that a user for the container has been created",
    "4.2": "Ensure that containers use only trusted base images",
    "4.3": "Ensure that unnecessary packages are not installed in the container",
    "4.4": "Ensure images are scanned and rebuilt to include security patches",
    "4.5": "Ensure Content trust for Docker is Enabled",
    "4.6": "Ensure that HEALTHCHECK instructions have been added to container images",
    "4.7": "Ensure update instructions are not used alone in the Dockerfile",
    "4.8": "Ensure setuid and setgid permissions are removed",
    "4.9": "Ensure that COPY is used instead of ADD in Dockerfiles",
    "4.10": "Ensure secrets are not stored in Dockerfiles",
    "4.11": "Ensure only verified packages are installed",
    "4.12": "Ensure all signed artifacts are validated",
    "5.1": "Ensure swarm mode is not Enabled, if not needed",
    "5.2": "Ensure that, if applicable, an AppArmor Profile is enabled",
    "5.3": "Ensure that, if applicable, SELinux security options are set",
    "5.4": "Ensure that Linux kernel capabilities are restricted within containers",
    "5.5": "Ensure that privileged containers are not used",
    "5.6": "Ensure sensitive host system directories are not mounted on containers",
    "5.7": "Ensure sshd is not run within containers",
    "5.8": "Ensure privileged ports are not mapped within containers",
    "5.9": "Ensure that only needed ports are open on the container",
    "5.10": "Ensure that the host's network namespace is not shared",
    "5.11": "Ensure that the memory usage for containers is limited",
    "5.12": "Ensure that CPU priority is set appropriately on containers",
    "5.13": "Ensure that the container's root filesystem is mounted as read only",
    "5.14": "Ensure that incoming container traffic is bound to a specific host interface",
    "5.15": "Ensure that the 'on-failure' container restart policy is set to '5'",
    "5.16": "Ensure that the host's process namespace is not shared",
    "5.17": "Ensure that the host's IPC namespace is not shared",
    "5.18": "Ensure that host devices are not directly exposed to containers",
    "5.19": "Ensure that the default ulimit is overwritten at runtime if needed",
    "5.20": "Ensure mount propagation mode is not set to shared",
    "5.21": "Ensure that the host's UTS namespace is not shared",
    "5.22": "Ensure the default seccomp profile is not Disabled",
    "5.23": "Ensure that docker exec commands are not used with the privileged option",
    "5.24": "Ensure that docker exec commands are not used with the user=root option",
    "5.25": "Ensure that cgroup usage is confirmed",
    "5.26": "Ensure that the container is restricted from acquiring additional privileges",
    "5.27": "Ensure that container health is checked at runtime",
    "5.28": "Ensure that Docker commands always make use of the latest version of their image",
    "5.29": "Ensure that the PIDs cgroup limit is used",
    "5.30": "Ensure that Docker's default bridge 'docker0' is not used",
    "5.31": "Ensure that the host's user namespaces are not shared",
    "5.32": "Ensure that the Docker socket is not mounted inside any containers",
    "6.1": "Ensure that image sprawl is avoided",
    "6.2": "Ensure that container sprawl is avoided",
    "7.1": "Ensure that the minimum number of manager nodes have been created in a swarm",
    "7.2": "Ensure that swarm services are bound to a specific host interface",
    "7.3": "Ensure that all Docker swarm overlay networks are encrypted",
    "7.4": (
        "Ensure that Docker's secret management commands are used "
        "for managing secrets in a swarm cluster"
    ),
    "7.5": "Ensure that swarm manager is run in auto-lock mode",
    "7.6": "Ensure that the swarm manager auto-lock key is rotated periodically",
    "7.7": "Ensure that node certificates are rotated as appropriate",
    "7.8": "Ensure that CA certificates are rotated as appropriate",
    "7.9": "Ensure that management plane traffic is separated from data plane traffic",
}
"""Every control of sections 1 to 7 of the CIS Docker Benchmark 1.8.0 (July 2025)."""

OWASP_SECTIONS: Mapping[str, str] = {
    "D01": "Secure User Mapping",
    "D02": "Patch Management Strategy",
    "D03": "Network Segmentation and Firewalling",
    "D04": "Secure Defaults and Hardening",
    "D05": "Maintain Security Contexts",
    "D06": "Protect Secrets",
    "D07": "Resource Protection",
    "D08": "Container Image Integrity and Origin",
    "D09": "Follow Immutable Paradigm",
    "D10": "Logging",
}

NIST_SECTIONS: Mapping[str, str] = {
    "4.1": "Image Countermeasures",
    "4.1.1": "Image vulnerabilities",
    "4.1.2": "Image configuration defects",
    "4.1.3": "Embedded malware",
    "4.1.4": "Embedded clear text secrets",
    "4.1.5": "Use of untrusted images",
    "4.2": "Registry Countermeasures",
    "4.2.1": "Insecure connections to registries",
    "4.2.2": "Stale images in registries",
    "4.2.3": "Insufficient authentication and authorization restrictions",
    "4.3": "Orchestrator Countermeasures",
    "4.3.1": "Unbounded administrative access",
    "4.3.2": "Unauthorized access",
    "4.3.3": "Poorly separated inter-container network traffic",
    "4.3.4": "Mixing of workload sensitivity levels",
    "4.3.5": "Orchestrator node trust",
    "4.4": "Container Countermeasures",
    "4.4.1": "Vulnerabilities within the runtime software",
    "4.4.2": "Unbounded network access from containers",
    "4.4.3": "Insecure container runtime configurations",
    "4.4.4": "App vulnerabilities",
    "4.4.5": "Rogue containers",
    "4.5": "Host OS Countermeasures",
    "4.5.1": "Large attack surface",
    "4.5.2": "Shared kernel",
    "4.5.3": "Host OS component vulnerabilities",
    "4.5.4": "Improper user access rights",
    "4.5.5": "Host file system tampering",
    "4.6": "Hardware Countermeasures",
}
"""Chapter 4 of NIST SP 800-190 (September 2017)."""

CWE_TITLES: Mapping[int, str] = {
    20: "Improper Input Validation",
    22: "Improper Limitation of a Pathname to a Restricted Directory ('Path Traversal')",
    59: "Improper Link Resolution Before File Access ('Link Following')",
    78: "Improper Neutralization of Special Elements used in an OS Command",
    94: "Improper Control of Generation of Code ('Code Injection')",
    117: "Improper Output Neutralization for Logs",
    200: "Exposure of Sensitive Information to an Unauthorized Actor",
    214: "Invocation of Process Using Visible Sensitive Information",
    223: "Omission of Security-relevant Information",
    250: "Execution with Unnecessary Privileges",
    252: "Unchecked Return Value",
    256: "Plaintext Storage of a Password",
    258: "Empty Password in Configuration File",
    259: "Use of Hard-coded Password",
    260: "Password in Configuration File",
    266: "Incorrect Privilege Assignment",
    269: "Improper Privilege Management",
    272: "Least Privilege Violation",
    273: "Improper Check for Dropped Privileges",
    276: "Incorrect Default Permissions",
    284: "Improper Access Control",
    287: "Improper Authentication",
    295: "Improper Certificate Validation",
    297: "Improper Validation of Certificate with Host Mismatch",
    300: "Channel Accessible by Non-Endpoint",
    306: "Missing Authentication for Critical Function",
    311: "Missing Encryption of Sensitive Data",
    312: "Cleartext Storage of Sensitive Information",
    319: "Cleartext Transmission of Sensitive Information",
    321: "Use of Hard-coded Cryptographic Key",
    324: "Use of a Key Past its Expiration Date",
    326: "Inadequate Encryption Strength",
    327: "Use of a Broken or Risky Cryptographic Algorithm",
    345: "Insufficient Verification of Data Authenticity",
    347: "Improper Verification of Cryptographic Signature",
    353: "Missing Support for Integrity Check",
    379: "Creation of Temporary File in Directory with Insecure Permissions",
    391: "Unchecked Error Condition",
    400: "Uncontrolled Resource Consumption",
    404: "Improper Resource Shutdown or Release",
    426: "Untrusted Search Path",
    427: "Uncontrolled Search Path Element",
    459: "Incomplete Cleanup",
    477: "Use of Obsolete Function",
    489: "Active Debug Code",
    494: "Download of Code Without Integrity Check",
    497: "Exposure of Sensitive System Information to an Unauthorized Control Sphere",
    506: "Embedded Malicious Code",
    521: "Weak Password Requirements",
    522: "Insufficiently Protected Credentials",
    526: "Cleartext Storage of Sensitive Information in an Environment Variable",
    527: "Exposure of Version-Control Repository to an Unauthorized Control Sphere",
    532: "Insertion of Sensitive Information into Log File",
    538: "Insertion of Sensitive Information into Externally-Accessible File or Directory",
    540: "Inclusion of Sensitive Information in Source Code",
    547: "Use of Hard-coded, Security-relevant Constants",
    552: "Files or Directories Accessible to External Parties",
    561: "Dead Code",
    636: "Not Failing Securely ('Failing Open')",
    653: "Improper Isolation or Compartmentalization",
    657: "Violation of Secure Design Principles",
    665: "Improper Initialization",
    668: "Exposure of Resource to Wrong Sphere",
    671: "Lack of Administrator Control over Security",
    693: "Protection Mechanism Failure",
    710: "Improper Adherence to Coding Standards",
    732: "Incorrect Permission Assignment for Critical Resource",
    754: "Improper Check for Unusual or Exceptional Conditions",
    755: "Improper Handling of Exceptional Conditions",
    770: "Allocation of Resources Without Limits or Throttling",
    778: "Insufficient Logging",
    798: "Use of Hard-coded Credentials",
    829: "Inclusion of Functionality from Untrusted Control Sphere",
    862: "Missing Authorization",
    1059: "Insufficient Technical Documentation",
    1104: "Use of Unmaintained Third Party Components",
    1125: "Excessive Attack Surface",
    1164: "Irrelevant Code",
    1188: "Initialization of a Resource with an Insecure Default",
    1327: "Binding to an Unrestricted IP Address",
    1329: "Reliance on Component That is Not Updateable",
    1357: "Reliance on Insufficiently Trustworthy Component",
    1395: "Dependency on Vulnerable Third-Party Component",
}
"""The weaknesses that practices and rules cite, as CWE 4.x names them."""
