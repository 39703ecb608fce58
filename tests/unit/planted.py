"""Files with secrets in them, as people leave them in images.

Every value is made at run time, from a seed: no scanner finds one in this file.
"""

from __future__ import annotations

import json
import random
import string
from base64 import b64encode
from binascii import crc32

_RANDOM = random.Random(20)  # noqa: S311 -- made-up values, the same in every run
LETTERS = string.ascii_letters + string.digits
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def letters(size: int, alphabet: str = LETTERS) -> str:
    """Some characters of an alphabet."""
    return "".join(_RANDOM.choice(alphabet) for _ in range(size))


def with_checksum(prefix: str) -> str:
    """A token as GitHub and npm make it: 30 characters and their CRC-32 in base 62."""
    body = letters(30)
    number, digits = crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return prefix + body + digits.rjust(6, "0")


def sequence(size: int) -> bytes:
    """Bytes that look like a DER sequence: what a private key's body is."""
    return b"\x30\x82" + size.to_bytes(2, "big") + _RANDOM.randbytes(size)


def pem(sort: str = "RSA ", size: int = 1190) -> str:
    """A private key, as far as anyone can see without computing with it."""
    body = b64encode(sequence(size)).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----{'BEGIN'} {sort}PRIVATE KEY-----\n{lines}\n-----{'END'} {sort}PRIVATE KEY-----\n"


def openssh() -> str:
    """A private key as ssh-keygen writes it."""
    body = b64encode(b"openssh-key-v1\0" + _RANDOM.randbytes(330)).decode()
    lines = "\n".join(body[at : at + 70] for at in range(0, len(body), 70))
    name = "OPENSSH PRIVATE " + "KEY"
    return f"-----{'BEGIN'} {name}-----\n{lines}\n-----{'END'} {name}-----\n"


def jwt() -> str:
    """A signed token that names its algorithm."""
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"svc-billing","role":"service","iat":17e8}')
    head, body = (b64encode(part).decode().rstrip("=") for part in parts)
    return f"{head}.{body}.{letters(43)}"


GITHUB = with_checksum("gh" + "p_")
NPM = with_checksum("np" + "m_")
GITLAB = "gl" + "pat-" + letters(20)
SLACK = "xo" + "xb-" + letters(12, "123456789") + "-" + letters(13, "123456789") + "-" + letters(24)
STRIPE = "sk_" + "live_" + letters(24)
AWS = "AK" + "IA" + letters(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
AWS_SECRET = letters(40)
KEY, SSH, TOKEN = pem(), openssh(), jwt()
LOGIN = b64encode(f"deploy:{letters(14)}".encode()).decode()
PASSWORD, OTHER, THIRD = letters(16), letters(18), letters(20)

FILES: dict[str, str] = {
    "app/.env": (
        f"NODE_ENV=production\nDB_HOST=db\nDB_PASSWORD={PASSWORD}\nGITHUB_TOKEN={GITHUB}\n"
        f"SLACK_TOKEN={SLACK}\nSTRIPE_KEY={STRIPE}\nAWS_ACCESS_KEY_ID={AWS}\n"
        f"AWS_SECRET_ACCESS_KEY={AWS_SECRET}\nGITLAB_TOKEN={GITLAB}\n"
    ),
    "root/.npmrc": f"registry=https://registry.npmjs.org/\n//registry.npmjs.org/:_authToken={NPM}\n",
    "root/.pypirc": f"[pypi]\nusername = someone\npassword = {OTHER}\n",
    "root/.netrc": f"machine git.internal\n  login deploy\n  password {THIRD}\n",
    "root/.git-credentials": f"https://deploy:{letters(20)}@git.internal\n",
    "root/.docker/config.json": json.dumps({"auths": {"ghcr.io": {"auth": LOGIN}}}),
    "root/.aws/credentials": (
        f"[default]\naws_access_key_id = {AWS[:-1]}5\naws_secret_access_key = {letters(40)}\n"
    ),
    "root/.kube/config": (
        "users:\n- name: admin\n  user:\n    client-key-data: "
        f"{b64encode(pem('', 1200).encode()).decode()}\n"
    ),
    "root/.ssh/id_rsa": SSH,
    "root/.id_rsa_copy": openssh(),
    "etc/ssl/private/server.key": KEY,
    "app/service-account.json": json.dumps(
        {"type": "service_account", "project_id": "p", "private_key": pem("", 1210)}, indent=2
    ),
    "app/src/main.py": f'import x\n\nAPI_TOKEN = "{jwt()}"\nx.run(password="{letters(14)}")\n',
    "app/terraform.tfstate": json.dumps({"resources": [{"master_password": letters(20)}]}),
    "app/config/settings.xml": f"<server><password>{letters(15)}</password></server>\n",
    "var/www/wp-config.php": f"<?php\ndefine( 'DB_PASSWORD', '{letters(15)}' );\n",
    "app/application.yaml": f"spring:\n  datasource:\n    password: {letters(15)}\n",
    "app/deploy.sh": f"#!/bin/sh\ncurl -H 'Authorization: Bearer {letters(32)}' https://x\n",
    "usr/share/app/notes.conf": f"token {with_checksum('gh' + 'o_')}\n",
    "app/node_modules/left/config.js": (
        f'module.exports = {{ key: "{with_checksum("gh" + "p_")}" }};\n'
    ),
    "app/vendor/lib/README.md": f"Use {with_checksum('np' + 'm_')} to log in.\n",
    "app/test/fixtures/id_rsa": openssh(),
    "opt/venv/lib/python3.11/site-packages/x-1.0.dist-info/METADATA": (
        f"Name: x\n\nSet it to {with_checksum('gh' + 'p_')}.\n"
    ),
}
"""Contents by path: what a careless build leaves."""

COUNTS = {"app/.env": 7, "root/.aws/credentials": 2, "app/src/main.py": 2}
"""How many secrets a file holds, where it is not one."""
