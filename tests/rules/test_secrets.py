"""Hard cases of the rules on secrets: what peers accuse wrongly and what they miss."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.model import Confidence, Hit
from seawall.core.rule import Rule, Settings
from seawall.core.source import Source
from seawall.facts.secret_names import secret_file
from seawall.rules.secrets import RULES
from seawall.surfaces.dockerfile import Dockerfile, read

SETTINGS = Settings(today=date(2026, 11, 24))
ON_DOCKERFILES = [rule for rule in RULES if Dockerfile in rule.on]
BY_ID = {rule.id: rule for rule in ON_DOCKERFILES}
SECRET = "Kx7vR2mqW4tZ"


def found(text: str, rule: str) -> list[Hit]:
    facts = read(Source("Dockerfile", text))
    assert not facts.errors
    return list(BY_ID[rule].on[Dockerfile](facts, SETTINGS))


def places(text: str, rule: str) -> list[str]:
    return [text[hit.at.start : hit.at.end] for hit in found(text, rule)]


def run(command: str) -> str:
    return f"FROM debian:12.5\nRUN {command}\n"


@pytest.mark.parametrize(
    "text",
    [
        f"FROM debian:12.5\nENV DB_PASSWORD={SECRET}\n",
        f"FROM debian:12.5\nENV DB_PASSWORD {SECRET}\n",
        f"FROM debian:12.5\nENV A=b \\\n    DB_PASSWORD='{SECRET}'\n",
        f'FROM debian:12.5\nENV DB_PASSWORD="${{X:-{SECRET}}}"\n',
        f"FROM debian:12.5\nARG API_TOKEN='{SECRET}'\n",
        f'FROM debian:12.5\nENV CONNECTION="Server=db;User=sa;Password={SECRET};Encrypt=true"\n',
        f"FROM debian:12.5\nENV JAVA_OPTS=-Djavax.net.ssl.keyStorePassword={SECRET}\n",
        f'FROM debian:12.5\nLABEL "x.password"="{SECRET}"\n',
        run(f"export API_TOKEN={SECRET} && make"),
        run(f'API_TOKEN="{SECRET}" make'),
        run(f"env API_TOKEN={SECRET} make"),
        run(f"app --password {SECRET} --now"),
        run(f"app --password='{SECRET}'"),
        run(f"keytool -import -storepass {SECRET} -alias x"),
        run(f"mysql -uroot -p'{SECRET}' app"),
        run(f"mysqladmin -u root password {SECRET}"),
        run(f"sshpass -p {SECRET} ssh host"),
        run(f"docker login -u me -p {SECRET} registry.example.org"),
        run(f"echo {SECRET} | docker login -u me --password-stdin"),
        run(f"echo 'machine e.org login me password {SECRET}' > ~/.netrc"),
        run(f"curl -u me:{SECRET} https://example.org"),
        run(f"curl --user 'me:{SECRET}' https://example.org"),
        run(f"wget --header='Authorization: Bearer {SECRET}' https://example.org"),
        run(f'curl -H "PRIVATE-TOKEN: {SECRET}" https://example.org'),
        run(f"redis-cli -a {SECRET} ping"),
        run(f"openssl rsa -in k -passin pass:{SECRET} -out o"),
        run(f"htpasswd -bc /etc/htpasswd me {SECRET}"),
        run(f"rabbitmqctl add_user me {SECRET}"),
        run(f"npm config set //example.org/:_authToken {SECRET}"),
        run(f"npm config set //example.org/:_authToken={SECRET}"),
        run(f"aws configure set aws_secret_access_key {SECRET}"),
        run(f"pip install --index-url https://me:{SECRET}@example.org/simple x"),
        run(f"git clone https://me:{SECRET}@example.org/x.git"),
        run(f'echo "password={SECRET}" > config.ini'),
        run(f"printf 'token: {SECRET}\\n' >> config.yml"),
        run(f"sed -i 's/^db.password=.*/db.password={SECRET}/' app.properties"),
        run(f"sed -i -e 's|secret_key = .*|secret_key = {SECRET}|' app.ini"),
        run(f"mysql -e \"CREATE USER 'a' IDENTIFIED BY '{SECRET}'\""),
        run(f"cat > /etc/app.ini <<'X'\npassword = {SECRET}\nX"),
        run(f"<<EOF\nset -e\nexport API_TOKEN={SECRET}\nEOF"),
        run(f"cat > /etc/app.ini <<-X\n\tpassword = {SECRET}\nX"),
        f"FROM debian:12.5\nENV DATABASE_URL=postgres://app:{SECRET}@db/app\n",
        f"FROM debian:12.5\nCOPY <<EOF /a.yml\ndb:\n  password: {SECRET}\nEOF\n",
        f'FROM debian:12.5\nCMD ["app", "--password", "{SECRET}"]\n',
        f"FROM debian:12.5\nCMD app --password {SECRET}\n",
        f'FROM debian:12.5\nENTRYPOINT ["app", "--token={SECRET}"]\n',
        f"FROM debian:12.5\nHEALTHCHECK CMD curl -u me:{SECRET} http://127.0.0.1/\n",
        f'FROM debian:12.5\nHEALTHCHECK CMD ["curl", "-u", "me:{SECRET}", "http://127.0.0.1/"]\n',
        f"FROM debian:12.5\nONBUILD RUN app --password {SECRET}\n",
        f"FROM debian:12.5\nONBUILD ARG API_TOKEN={SECRET}\n",
        f"FROM x\nSHELL [\"powershell\"]\nRUN $Env:DB_PASSWORD = '{SECRET}'\n",
        f'FROM x\nSHELL ["powershell"]\nCMD app --password={SECRET}\n',
        f"FROM debian:12.5 AS build\nENV DB_PASSWORD={SECRET}\nFROM scratch\n",
    ],
)
def test_a_literal_secret_is_found_at_the_exact_place_of_its_value(text: str) -> None:
    assert places(text, "hardcoded-secret") == [SECRET]


def test_a_value_that_is_continued_on_the_next_line_is_masked_whole() -> None:
    text = f"FROM debian:12.5\nENV DB_PASSWORD={SECRET[:5]}\\\n{SECRET[5:]}\n"
    [hit] = found(text, "hardcoded-secret")
    masked = text[: hit.secrets[0].start] + text[hit.secrets[0].end :]
    assert SECRET[:5] not in masked
    assert SECRET[5:] not in masked


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian:12.5\nARG USERNAME=vscode\nARG USER_PASSWORD_FILE=/x\n",
        "FROM debian:12.5\nENV TOKEN=none API_KEY=false SECRET_KEY=/etc/key PASSWORD=\n",
        "FROM debian:12.5\nENV MINIO_SECRET_KEY_FILE=secret_key\n",
        "FROM debian:12.5\nENV EXTRAS=async,crypto,password,redis\n",
        'FROM debian:12.5\nENV REGISTRY_AUTH: "{htpasswd: {realm: localhost}}"\n',
        "FROM debian:12.5\nENV DD_UWSGI_PASS=uwsgi_server\n",
        "FROM debian:12.5\nLABEL description='docker run -e PASSWORD=x app'\n",
        "FROM debian:12.5\n# ENV DB_PASSWORD=Kx7vR2mqW4tZ\n# https://me:Kx7vR2mq@example.org\n",
        run("SECRET_KEY_BASE=assets rake assets:precompile"),
        run("env DD_SECRET_KEY='abcdefgh' python manage.py collectstatic"),
        run("./configure --with-password-argon2 --disabled-password --enable-token=yes"),
        run("gpg --passphrase '' --list-secret-key && apt-key adv --recv-keys 7F343FA7"),
        run("curl -sS https://example.org > proxy-secret && app --aes-pwd proxy-secret"),
        run("mysql -p app && docker run -p 80:80 x && curl -u me https://example.org"),
        run('app --password $PASSWORD --token "${TOKEN}" --api-key --verbose'),
        run("echo \"SECRET_KEY = '$(head -c 16 /dev/urandom | base64)'\" >> settings.py"),
        run("echo 'secret_key=$AWS_SECRET_KEY' > /.s3cfg"),
        run("sed -i 's/passwd_mode=.*/passwd_mode=2/; /password=x1y2z3/d' x.conf"),
        run("openssl rsa -passin env:PASS -in k && curl -H 'Authorization: Bearer QQ==' e.org"),
        run('cat token | docker login --password-stdin; echo "$T" | gh auth login --with-token'),
        run("echo hello there && docker login --password-stdin"),
        run('docker login -u me --password-stdin && mysql -p"$PW" && htpasswd -c f me'),
        run("npm config set registry https://example.org && aws configure list"),
        run("redis-cli ping && rabbitmqctl add_user && mysqladmin password"),
        "FROM debian:12.5\nENV JAVA_OPTS=-Djavax.net.ssl.trustStorePassword=changeit\n",
        "FROM debian:12.5\nENV VITE_MAPS_API_KEY=Kx7vR2mqW4tZ sa_password=_\n",
        'FROM debian:12.5\nCMD ["app", "--password", "$PASSWORD"]\n',
        "FROM debian:12.5\nHEALTHCHECK NONE\n",
    ],
)
def test_what_is_no_secret_is_not_accused(text: str) -> None:
    assert places(text, "hardcoded-secret") == []
    assert places(text, "default-credential") == []


def test_a_default_credential_is_told_apart_from_a_leak_and_a_stand_in() -> None:
    text = "FROM debian:12.5\nENV A_PASSWORD=admin B_PASSWORD=Kx7vR2mq C_TOKEN=000000000000\n"
    assert places(text, "hardcoded-secret") == ["Kx7vR2mq"]
    weak, filler = found(text, "default-credential")
    assert (weak.confidence, filler.confidence) == (Confidence.HIGH, Confidence.LOW)


def test_a_token_in_a_comment_is_found_and_belongs_to_no_stage() -> None:
    token = "gl" + "pat-q9Zt4rXw7LmB2kVcN8sJ"
    [hit] = found(f"FROM debian:12.5\n# {token}\nRUN true\n", "hardcoded-secret")
    assert hit.symbol == "comment gitlab-token"
    assert "comment" in hit.message


def test_a_token_is_found_where_no_name_gives_it_away() -> None:
    token = "gl" + "pat-q9Zt4rXw7LmB2kVcN8sJ"
    [hit] = found(run(f"fetch --with {token} x"), "hardcoded-secret")
    assert hit.message.startswith("A GitLab token stands in a build step")
    assert "glpa…" in hit.message


@pytest.mark.parametrize("keyword", ["ENV", "ARG", "LABEL", "ONBUILD ENV"])
def test_a_format_is_named_by_the_variable_that_holds_it(keyword: str) -> None:
    text = f"FROM debian:12.5\n{keyword} A=b DATABASE_URL=postgres://app:{SECRET}@db/app\n"
    [hit] = found(text, "hardcoded-secret")
    assert hit.message.startswith("DATABASE_URL holds a password in a URL")
    assert hit.symbol.endswith("DATABASE_URL")


def test_the_remedy_rewrites_the_command_with_a_mount() -> None:
    [hit] = found(run(f"deploy --token {SECRET} --now"), "hardcoded-secret")
    rewritten = "RUN --mount=type=secret,id=token deploy --token $(cat /run/secrets/token) --now"
    assert rewritten in hit.remedy
    [hit] = found(run(f"API_TOKEN={SECRET} make"), "hardcoded-secret")
    assert "RUN --mount=type=secret,id=api_token,env=API_TOKEN make" in hit.remedy


def test_the_remedy_for_a_file_is_not_another_way_into_the_layer() -> None:
    [hit] = found(run(f'echo "password={SECRET}" > config.ini'), "hardcoded-secret")
    assert "when the container starts" in hit.remedy


def test_the_remedy_is_general_where_the_command_is_long_or_quoted() -> None:
    [hit] = found(run(f"deploy 'a b' --token {SECRET}"), "hardcoded-secret")
    assert "RUN --mount=type=secret,id=token … $(cat /run/secrets/token) …" in hit.remedy
    [hit] = found(f"FROM debian:12.5\nLABEL password={SECRET}\n", "hardcoded-secret")
    assert "mount it as a file" in hit.remedy


def test_a_build_argument_says_who_uses_it_and_how_to_mount_it() -> None:
    [hit] = found(
        "FROM node:22\nARG NPM_TOKEN\nRUN fetch --token $NPM_TOKEN\n", "secret-in-build-arg"
    )
    assert [link.what for link in hit.evidence] == ["ARG NPM_TOKEN", "RUN uses $NPM_TOKEN"]
    assert "id=npm_token,env=NPM_TOKEN fetch --token $NPM_TOKEN`" in hit.remedy
    assert hit.weaker == ""


def test_a_remedy_shows_no_command_that_may_hold_another_password() -> None:
    for command in ("echo root:$TOKEN$SALT | chpasswd", f"x --password {SECRET} --token $TOKEN"):
        [hit] = found(f"FROM debian:12.5\nARG TOKEN\nRUN {command}\n", "secret-in-build-arg")
        assert "env=TOKEN …" in hit.remedy


def test_a_build_argument_weighs_less_outside_the_image_and_where_nobody_uses_it() -> None:
    text = "FROM node:22 AS build\nARG TOKEN\nRUN get $TOKEN\nFROM scratch\nCOPY --from=build / /\n"
    [hit] = found(text, "secret-in-build-arg")
    assert "stage build" in hit.weaker
    [hit] = found("FROM node:22\nARG TOKEN\nRUN make\n", "secret-in-build-arg")
    assert "nothing in stage 0 uses it" in hit.weaker


def test_a_build_argument_read_from_the_environment_counts_as_used() -> None:
    text = "FROM node:22\nARG TOKEN\nRUN printenv TOKEN | login --stdin\n"
    [hit] = found(text, "secret-in-build-arg")
    assert hit.weaker == ""


def test_an_argument_with_a_secret_default_is_the_other_rules_case() -> None:
    text = f"FROM debian:12.5\nARG TOKEN={SECRET}\nRUN get $TOKEN\n"
    assert found(text, "secret-in-build-arg") == []
    assert places(text, "hardcoded-secret") == [SECRET]


def test_a_build_argument_that_goes_into_the_environment_is_said_once() -> None:
    text = "FROM debian:12.5\nARG TOKEN\nENV TOKEN=${TOKEN}\n"
    assert found(text, "secret-in-build-arg") == []
    [hit] = found(text, "secret-arg-to-env")
    assert [link.line for link in hit.evidence] == [2, 3]


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "app/.env.production",
        "id_ed25519",
        "deploy_key",
        "certs/server.key",
        "privkey.pem",
        "tls-key.pem",
        "host.pem",
        "keystore.jks",
        "cert.p12",
        ".netrc",
        ".npmrc",
        ".aws/credentials",
        ".ssh",
        "kubeconfig",
        "my-service-account.json",
        "client_secret_1.json",
        "secrets.yml",
        "prod.tfvars",
    ],
)
def test_a_file_name_that_says_secret(path: str) -> None:
    assert secret_file(path) is not None


@pytest.mark.parametrize(
    "path",
    [
        ".env.example",
        ".env.sample",
        ".env.dist",
        "meta.env",
        "library-scripts/*.env",
        "id_rsa.pub",
        "id_rsa.example",
        "ca.pem",
        "fullchain.pem",
        "dhparam.pem",
        "public.pem",
        "server-cert.pem",
        "repo.gpg.key",
        "nginx_signing.key",
        "truststore.jks",
        "server.crt",
        "monkey.py",
        "package.json",
        "environment.yml",
        ".",
    ],
)
def test_a_file_name_that_only_looks_like_it(path: str) -> None:
    assert secret_file(path) is None


def test_a_package_repositorys_key_is_public() -> None:
    text = "FROM debian:12.5\nCOPY acme.key /tmp/\n"
    assert places(text, "secret-file-copied") == ["acme.key"]
    assert places(text + "RUN apt-key add /tmp/acme.key\n", "secret-file-copied") == []


def test_an_account_whose_password_is_its_name_is_as_good_as_open() -> None:
    [hit] = found(run("echo orders:orders | chpasswd"), "password-set-in-build")
    assert "everyone tries first" in hit.message


def test_a_secret_file_weighs_less_in_a_stage_that_is_not_the_image() -> None:
    text = "FROM node:22 AS build\nCOPY .npmrc ./\nFROM scratch\nCOPY --from=build /app /app\n"
    [hit] = found(text, "secret-file-copied")
    assert "stage build" in hit.weaker


def test_what_a_file_becomes_in_a_home_says_what_it_is() -> None:
    text = (
        "FROM debian:12.5\nCOPY k /root/.ssh/id_rsa\nCOPY a.example /root/.netrc\nCOPY d/ /root/\n"
    )
    assert places(text, "secret-file-copied") == ["k"]


def test_a_url_a_heredoc_and_several_sources_are_understood() -> None:
    text = (
        "FROM debian:12.5\nADD https://example.org/id_rsa /x\nCOPY <<EOF .env\nA=1\nEOF\n"
        "COPY a.txt id_rsa /root/.ssh/\n"
    )
    assert places(text, "secret-file-copied") == ["id_rsa"]


def test_what_a_later_layer_deletes_is_shown_with_both_lines() -> None:
    text = "FROM debian:12.5\nCOPY id_rsa /root/.ssh/\nRUN make\nRUN rm -f $HOME/.ssh/id_rsa\n"
    [hit] = found(text, "secret-deleted-later")
    assert [link.line for link in hit.evidence] == [2, 4]
    assert found(text, "secret-file-copied") == []


def test_a_relative_deletion_of_the_file_counts() -> None:
    text = "FROM node:22\nWORKDIR /app\nCOPY .npmrc /app/\nRUN npm ci\nRUN rm x .npmrc\n"
    assert len(found(text, "secret-deleted-later")) == 1


def test_an_argument_on_two_lines_is_masked_whole() -> None:
    text = f"FROM debian:12.5\nARG API_TOKEN={SECRET[:5]}\\\n{SECRET[5:]}\n"
    [hit] = found(text, "hardcoded-secret")
    assert SECRET[5:] not in text[: hit.secrets[0].start] + text[hit.secrets[0].end :]


def test_two_commands_with_secrets_have_each_its_own_rewriting() -> None:
    text = run(f"a --token {SECRET} && b --password {SECRET[::-1]}")
    first, second = found(text, "hardcoded-secret")
    assert "a --token $(cat /run/secrets/token)`" in first.remedy
    assert "b --password $(cat /run/secrets/password)`" in second.remedy


@pytest.mark.parametrize(
    ("command", "secret"),
    [
        (f"echo 'root:{SECRET}' | chpasswd", SECRET),
        (f"printf 'app:{SECRET}' | chpasswd", SECRET),
        (f"echo {SECRET} | passwd --stdin root", SECRET),
        (f"chpasswd <<< 'root:{SECRET}'", SECRET),
        (f"useradd -m -p {SECRET} app", SECRET),
        ("useradd -p '' app", ""),
        ("passwd -d root", "-d"),
    ],
)
def test_the_password_of_an_account(command: str, secret: str) -> None:
    text = run(command)
    [hit] = found(text, "password-set-in-build")
    assert text[hit.at.start : hit.at.end].strip("'") == secret


def test_a_password_in_a_here_document_is_masked() -> None:
    text = run(f"chpasswd <<X\nroot:{SECRET}\nX")
    [hit] = found(text, "password-set-in-build")
    assert SECRET not in text[: hit.secrets[0].start] + text[hit.secrets[0].end :]


@pytest.mark.parametrize(
    "command",
    [
        'echo "root:$PASSWORD" | chpasswd',
        "cat users | chpasswd",
        "echo root | chpasswd",
        "echo x:y && chpasswd --help",
        "chpasswd < users",
        "passwd -l root",
        "passwd -u git",
        'useradd -p "$HASH" app',
    ],
)
def test_a_password_that_the_file_does_not_give(command: str) -> None:
    assert found(run(command), "password-set-in-build") == []


@pytest.mark.parametrize(
    "command",
    [
        "openssl ecparam -genkey -name prime256v1 -out k.pem",
        "openssl genpkey -algorithm ed25519 -out k",
        "wg genkey > /etc/wg",
        "gpg --batch --gen-key params",
        "certtool --generate-privkey --outfile k",
        "easyrsa build-ca nopass",
        "dropbearkey -t rsa -f /etc/dropbear/k",
        "ssh-keygen -A && rm -rf /tmp/x",
        "openssl genrsa -out /etc/k.key && rm /etc/other",
    ],
)
def test_a_key_is_generated(command: str) -> None:
    assert len(found(run(command), "private-key-generated")) == 1


@pytest.mark.parametrize(
    "command",
    [
        "openssl ecparam -list_curves",
        "openssl version",
        "openssl",
        "wg show",
        "gpg --recv-keys ABCDEF",
        "keytool -import -keystore x",
        "ssh-keygen -R host",
        "ssh-keygen -A && rm -rf /etc/ssh",
    ],
)
def test_no_key_is_generated(command: str) -> None:
    assert found(run(command), "private-key-generated") == []


@pytest.mark.parametrize(
    "script",
    [
        "mv /run/secrets/t /etc/t",
        "head -1 /run/secrets/t | base64 > /etc/t",
        "echo $(cat /run/secrets/t) > /etc/t",
        "echo $(cat /run/secrets/t)",
        'git config --global url."https://$(cat /run/secrets/t)@e.org".insteadOf "https://e.org"',
    ],
)
def test_a_mounted_secret_gets_out(script: str) -> None:
    text = f"FROM debian:12.5\nRUN --mount=type=secret,id=t {script}\n"
    assert len(found(text, "secret-mount-exposed")) == 1


@pytest.mark.parametrize(
    "script",
    [
        "cp /etc/x /run/secrets/t",
        "cat /run/secrets/t | login",
        "cat /run/secrets/other > /etc/x",
        "npm install $(cat /run/secrets/t)",
        "cat /run/secrets/t 2> /etc/log | login",
        "npm config set k $(cat /run/secrets/t) && npm ci && npm config delete k",
        "cp /run/secrets/t ~/.x/t && make && rm -rf ~/.x",
    ],
)
def test_a_mounted_secret_stays_in(script: str) -> None:
    text = f"FROM debian:12.5\nRUN --mount=type=secret,id=t {script}\n"
    assert found(text, "secret-mount-exposed") == []


@pytest.mark.parametrize(
    "mount",
    ["type=secret,id=t,target=/k", "type=secret,target=/k", "type=secret,id=t,dst=/k,required"],
)
def test_a_mount_is_known_by_its_target(mount: str) -> None:
    text = f"FROM debian:12.5\nRUN --mount={mount} cat /k > /etc/k\n"
    assert len(found(text, "secret-mount-exposed")) == 1


def test_a_mount_without_any_name_names_nothing() -> None:
    text = "FROM debian:12.5\nRUN --mount=type=secret,required cat /run/secrets/ > /x\n"
    facts = read(Source("Dockerfile", text))
    assert list(BY_ID["secret-mount-exposed"].on[Dockerfile](facts, SETTINGS)) == []


TEMPLATES = (
    "ENV DB_PASSWORD={}",
    "ENV DB_PASSWORD='{}' OTHER_TOKEN=\"{}\"",
    "ARG API_TOKEN={}",
    "LABEL my.password={}",
    "RUN app --password {} --token {}",
    "RUN mysql -uroot -p{} -e \"SET PASSWORD = '{}'\"",
    "RUN echo 'root:{}' | chpasswd",
    "RUN echo root:{} | chpasswd",
    "RUN useradd -p {} app",
    "RUN echo 'password={}' > x.ini",
    "RUN curl -u me:{} https://me:{}@example.org",
    "RUN API_TOKEN={} make token={}",
    "RUN sed -i 's/password=.*/password={}/' x",
    "RUN openssl genrsa -passout pass:{} -out k.pem",
    "COPY <<EOF /x\npassword: {}\nEOF",
    'CMD ["app", "--password", "{}"]',
    "HEALTHCHECK CMD curl -u me:{} http://x",
    "ARG TOKEN\nRUN app --token $TOKEN --password {}",
    "ARG TOKEN\nRUN useradd -p {} $TOKEN",
    "RUN --mount=type=secret,id=t echo $(cat /run/secrets/t) password={} > x",
)
VALUES = st.text("abcdefghijkmnpqrstuvwxyzABCDFGJKLMNPQRSTUVWXYZ23456789", min_size=10, max_size=30)


@settings(max_examples=30, deadline=None)
@given(VALUES)
def test_no_hit_says_a_secret_and_its_places_hide_it(value: str) -> None:
    for template in TEMPLATES:
        text = "FROM debian:12.5\n" + template.replace("{}", value) + "\n"
        for rule in ON_DOCKERFILES:
            for hit in found(text, rule.id):
                assert value not in said_by(hit), (rule.id, template)


def said_by(hit: Hit) -> str:
    links = [link.what for link in hit.evidence]
    return "\n".join([hit.message, hit.symbol, hit.label, hit.remedy, hit.weaker, *links])


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_places_of_all_hits_together_hide_the_secret(template: str) -> None:
    text = "FROM debian:12.5\n" + template.replace("{}", SECRET) + "\n"
    masks = [
        place for rule in ON_DOCKERFILES for hit in found(text, rule.id) for place in hit.secrets
    ]
    hidden = list(text)
    for place in masks:
        hidden[place.start : place.end] = "*" * (place.end - place.start)
    assert masks
    assert SECRET not in "".join(hidden)


@pytest.mark.parametrize("rule", ON_DOCKERFILES, ids=lambda rule: rule.id)
def test_odd_input_makes_no_rule_raise(rule: Rule) -> None:
    for text in (
        "",
        "FROM x\n",
        "ENV A\n",
        'FROM x\nENV\nCOPY a\nCMD [""]\nRUN ((\n',
        "\ufeffRUN '",
        "FROM x\nHEALTHCHECK token -u\n",
    ):
        facts = read(Source("Dockerfile", text))
        list(rule.on[Dockerfile](facts, SETTINGS))
