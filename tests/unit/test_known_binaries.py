"""Programs that no package manager put there tell who they are."""

from __future__ import annotations

import re

import pytest
from programs import layer_file

from seawall.packages import binaries, catalogue
from seawall.packages.binary_patterns import KNOWN
from seawall.surfaces.image.facts import Ecosystem, Package

BUILD = b"1704797400000000000"


def found(path: str, content: bytes) -> list[tuple[str, str]]:
    facts = list(binaries.ANALYSER.analyse(layer_file(path, content)))
    return [(fact.name, fact.version) for fact in facts if isinstance(fact, Package)]


def program(*texts: bytes) -> bytes:
    return b"\x7fELF\2\1\1" + bytes(57) + b"\0".join([b"", *texts, b""])


@pytest.mark.parametrize(
    ("path", "text", "name", "version"),
    [
        ("usr/local/bin/node", b"node.js/v20.11.1", "node", "20.11.1"),
        ("usr/lib/x86_64-linux-gnu/libnode.so.108", b"node.js/v18.20.4", "node", "18.20.4"),
        ("usr/sbin/nginx", b"nginx version: nginx/1.25.4", "nginx", "1.25.4"),
        (
            "usr/local/openresty/nginx/sbin/nginx",
            b"nginx version: openresty/1.25.3.1",
            "openresty",
            "1.25.3.1",
        ),
        ("bin/busybox", b"BusyBox v1.36.1 (2024-06-12)", "busybox", "1.36.1"),
        ("usr/bin/openssl", b"OpenSSL 1.1.1w  11 Sep 2023", "openssl", "1.1.1w"),
        ("lib/libcrypto.so.3", b"OpenSSL 3.1.4 24 Oct 2023", "openssl", "3.1.4"),
        ("usr/bin/openssl", b"LibreSSL 3.8.2", "libressl", "3.8.2"),
        ("usr/local/apache2/bin/httpd", b"Apache/2.4.58", "httpd", "2.4.58"),
        ("usr/local/bin/php", b"X-Powered-By: PHP/8.3.4", "php", "8.3.4"),
        ("usr/local/sbin/php-fpm", b"X-Powered-By: PHP/8.4.0RC1", "php", "8.4.0RC1"),
        ("usr/lib/apache2/modules/libphp8.2.so", b"X-Powered-By: PHP/8.2.1", "php", "8.2.1"),
        ("usr/local/lib/libruby.so.3.3.0", b"ruby 3.3.0 (2023-12-25 revision", "ruby", "3.3.0"),
        ("usr/local/bin/ruby", b"ruby 2.7.8p225 (2023-03-30 revision", "ruby", "2.7.8"),
        ("usr/local/bin/perl5.38.2", b"v5.38.2", "perl", "5.38.2"),
        (
            "usr/local/bin/postgres",
            b"postgres (PostgreSQL) 16.2",
            "postgresql",
            "16.2",
        ),
        ("usr/local/bin/postgres", b"postgres (PostgreSQL) 17rc1", "postgresql", "17rc1"),
        ("usr/sbin/mariadbd", b"MariaDB 10.1.7\x0010.11.6-MariaDB", "mariadb", "10.11.6"),
        ("usr/sbin/mysqld", b"5.5.68-MariaDB", "mariadb", "5.5.68"),
        ("usr/sbin/mysqld", b"/build/mysql-8.0.36/sql/x.cc", "mysql", "8.0.36"),
        (
            "usr/local/sbin/haproxy",
            b" version 2.9.6-9eafce5, released 2024/02/26",
            "haproxy",
            "2.9.6",
        ),
        ("usr/local/bin/memcached", b"memcached 1.6.24", "memcached", "1.6.24"),
        ("bin/bash", b"@(#)Bash version 5.2.21(1) release GNU", "bash", "5.2.21"),
        ("usr/bin/curl", b"curl/8.6.0", "curl", "8.6.0"),
        ("usr/lib/libcurl.so.4.8.0", b"libcurl/8.6.0", "curl", "8.6.0"),
        ("usr/bin/git", b"git/2.43.0", "git", "2.43.0"),
        (
            "usr/local/rustup/lib/libstd-1a2b.so",
            b"clang LLVM (rustc version 1.76.0 (07dca489a))",
            "rust",
            "1.76.0",
        ),
        ("usr/lib/libc.so.6", b"release version 1\0stable release version 2.36.", "glibc", "2.36"),
        ("lib/libz.so.1.3.1", b"", "zlib", "1.3.1"),
        ("usr/bin/jq", b"jq-1.7.1", "jq", "1.7.1"),
        ("usr/bin/jq", b"1.6\0DEBUG:", "jq", "1.6"),
        ("usr/bin/zstd", b"Enabled\0v1.5.4\0Zstandard CLI", "zstd", "1.5.4"),
        ("usr/bin/ffmpeg", b"%s version n6.1.1", "ffmpeg", "6.1.1"),
        ("usr/sbin/exim4", b"<<eximcnumber>>\x004.96\0<<eximversion>>", "exim", "4.96"),
        ("usr/local/bin/python3.12", b"3.2.0\x003.12.2", "python", "3.12.2"),
        ("usr/local/lib/libpython3.13.so.1.0", b"3.13.0rc2", "python", "3.13.0rc2"),
        ("opt/bin/python3", b"/usr/local/lib/python3.9\x003.2.0\x003.9.18", "python", "3.9.18"),
        ("opt/bin/python", b"lib/python2.7\x002.7.18+", "python", "2.7.18"),
        ("usr/local/bin/redis-server", b"7.2.4\x007.2.4" + BUILD, "redis", "7.2.4"),
        (
            "usr/local/bin/redis-server",
            b"2.8.0\x006.0.16\x006.0.16buildkitsandbox-" + BUILD,
            "redis",
            "6.0.16",
        ),
        (
            "usr/local/bin/redis-server",
            b"7.0.1\x007.0.12f3a4b5c6d7e-" + BUILD,
            "redis",
            "7.0.1",
        ),
        ("usr/local/bin/valkey-server", b"8.0.1\x008.0.1host-" + BUILD, "valkey", "8.0.1"),
    ],
)
def test_a_program_tells_its_version(path: str, text: bytes, name: str, version: str) -> None:
    assert found(path, program(b"start", text, b"end")) == [(name, version)]


@pytest.mark.parametrize(
    ("path", "text", "name", "version"),
    [
        (
            "opt/java/openjdk/release",
            'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="17.0.10"\n',
            "openjdk",
            "17.0.10",
        ),
        ("opt/jdk/release", 'JAVA_VERSION="1.8.0_392"\n', "openjdk", "1.8.0_392"),
        ("opt/g/release", 'JAVA_VERSION="21"\nGRAALVM_VERSION="23"\n', "graalvm", "21"),
        ("usr/local/go/VERSION", "go1.22.1\ntime 2024-02-29T18:18:48Z\n", "go", "1.22.1"),
        ("usr/local/go/VERSION", "go1.23rc1", "go", "1.23rc1"),
        ("usr/local/lib/erlang/releases/26/OTP_VERSION", "26.2.2\n", "erlang", "26.2.2"),
        ("usr/lib/elixir/ebin/elixir.app", '{vsn,"1.16.1"}', "elixir", "1.16.1"),
        (
            "opt/rabbitmq/plugins/rabbit-3.12.13/ebin/rabbit.app",
            '{application,rabbit,[{vsn, "3.12.13"},',
            "rabbitmq",
            "3.12.13",
        ),
        (
            "var/www/html/wp-includes/version.php",
            "<?php\n$wp_version = '6.4.3';\n",
            "wordpress",
            "6.4.3",
        ),
    ],
)
def test_a_text_beside_a_program_tells_its_version(
    path: str, text: str, name: str, version: str
) -> None:
    assert found(path, text.encode()) == [(name, version)]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("usr/bin/nodemon", program(b"node.js/v20.11.1")),
        ("usr/local/bin/node", b"#!/bin/sh\n# node.js/v20.11.1"),
        ("usr/local/bin/node", program(b"node.js/vNEXT")),
        ("usr/local/bin/python3", program(b"3.2.0")),
        ("usr/local/bin/python3.12", program(b"3.11.1")),
        ("usr/local/bin/redis-server", program(b"7.2.4")),
        ("usr/local/bin/redis-server", program(b"7.2.4" + BUILD)),
        ("usr/bin/mariadb", program(b"x-MariaDB")),
        ("usr/bin/1", program(b"x")),
        ("srv/VERSION", b"go1.22.1"),
        ("usr/local/go/VERSION", b"this is go1.22.1"),
        ("etc/release", b"no version"),
        ("usr/lib/erlang/releases/26/OTP_VERSION", b"none"),
        ("opt/java/release", b'JAVA_VERSION="17"\n' + bytes(70_000)),
    ],
)
def test_what_is_no_such_program_says_nothing(path: str, content: bytes) -> None:
    assert found(path, content) == []


def test_what_a_program_is_called_by_advisories_is_told() -> None:
    (fact,) = binaries.ANALYSER.analyse(layer_file("usr/bin/httpd", program(b"Apache/2.4.58")))
    assert fact == Package(
        Ecosystem.GENERIC, "httpd", "2.4.58", "usr/bin/httpd", source="apache", cataloguer="binary"
    )


def test_who_made_a_java_is_told() -> None:
    text = b'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="17.0.10"\n'
    (fact,) = binaries.ANALYSER.analyse(layer_file("opt/java/release", text))
    assert isinstance(fact, Package)
    assert (fact.supplier, fact.source) == ("Eclipse Adoptium", "java")


def test_each_known_program_is_looked_up_by_each_of_its_names() -> None:
    for known in KNOWN:
        for name in re.split(r"\|(?![^(]*\))", known.files.pattern):
            stem = re.match(r"[A-Za-z]+", name)
            assert stem, name
            assert known in binaries._BY_STEM[stem[0]]
            letter_that_may_be_left_out = name[stem.end() : stem.end() + 1] == "?"
            assert not letter_that_may_be_left_out, name


def test_marks_without_number_are_cheap() -> None:
    assert found("usr/sbin/mysqld", program(b"-MariaDB" * 100_000)) == []


def test_cataloguers_have_names_of_their_own() -> None:
    names = [analyser.name for analyser in catalogue.analysers()]
    assert len(names) == len(set(names))
    assert {"dpkg", "apk", "rpm", "distribution", "gem", "binaries"} <= set(names)
