"""Versions as they are written, and mutations of them: pairs to compare, hard ones among them."""

from __future__ import annotations

from random import Random

from seawall.versions import Scheme


def _words(text: str) -> list[str]:
    return text.split()


_SEMVER = _words(
    """
    1.0.0 0.0.0 0.0.1 1.2.3 1.2.3-0 1.2.3-alpha 1.2.3-alpha.1 1.2.3-alpha.beta 1.2.3-beta
    1.2.3-beta.2 1.2.3-beta.11 1.2.3-rc.1 1.2.3-rc.10 1.2.3-rc1 1.2.3-rc10 2.0.0-next.4
    1.2.3+build 1.2.3-rc.1+build.5 1.2.3-x.7.z.92 1.2.3-x-y-z.-- 10.2.3 1.10.3 1.2.30
    18.0.0-canary.5 16.0.0-alpha.0 7.0.0-beta.52 5.0.0-DEV.20230331 1.0.0-0A.is.legal
    99999999999999999.0.0 1.0.0-alpha-a.b-c 4.17.21 0.9.0-insiders.20240101 1.0.0-A 1.0.0-a
    """
)

SAMPLES: dict[Scheme, list[str]] = {
    Scheme.DPKG: _words(
        """
    1.0 1.0-1 1:1.0-1 0:1.0-1 1.0~rc1-1 1.0~~-1 1.0+dfsg-1 1.0+dfsg1-1~deb12u1
    2.36-9+deb12u9 1.1.1w-0+deb11u1 2:8.2.3995-1ubuntu2.16 1.0-1+b1 1.0-1.1
    1.0-1ubuntu1~22.04.1 0.8.4+ds-2 5.36.0-7+deb12u1 3.0.15-1~deb12u1 252.36-1~deb12u1
    1.8-6.dfsg 2.4.4-6+deb8u1 1.2.3-4-5 4.4.20-2 20230311+deb12u1 1.34+dfsg-1.2+deb12u1 9e-3
    1:9p1 1.0a 1.0A 1.0-a 1.0.0 7u151-2.6.11
    """
    ),
    Scheme.APK: _words(
        """
    1.0 1.0-r0 1.0-r1 1.0.1 1.0a 1.0b 1.0_alpha 1.0_alpha1 1.0_beta2 1.0_pre3 1.0_rc1 1.0_rc
    1.0_p1 1.0_git20230101 1.0_cvs 1.0_svn12 1.0_hg1 1.0_rc1-r2 1.1.1w-r0 3.0.8-r3
    1.36.1-r29 2.38-r1 0.7.2_git20230717-r0 1.01 1.001 1.1 1.10 1.0.0 1.00 9.0.1p2
    20230506-r0 1.2.3_p4_rc5 1.0_p 1.2b_alpha3_p2-r10 0.1 0.01 00.1 5.4-r0 1.9.5p2-r0 1.0a2
    1.0a2b
    """
    ),
    Scheme.RPM: _words(
        """
    1.0 1.0-1 0:1.0-1 1:1.0-1 1.0-1.el8 1.0-1.el8_6 1.0-1.el8_6.1 1.0~rc1-1 1.0^git1-1 1.0^
    2.28-251.el8_10.5 1:1.1.1k-12.el8_9 4.18.0-553.el8_10 1.0.2k-26.el7_9 7.61.1-34.el8
    1.0a-1 3.2.3-20.el8.x86_64 2.9.7-18.el8_10.1 239-82.el8_10.1 1.0.0 1.0_1 1.0+1
    20230506-1.mga9 5.26.3-422.el8.0.1 1.16.1-lp150.2.3.1 2.02~beta2-1 fc4 1.0fc4 10b2 10a1
    1.001 1.1^20210101~1
    """
    ),
    Scheme.PEP440: _words(
        """
    1.0 1.0.0 1.0a1 1.0b2 1.0rc1 1.0c1 1.0.dev1 1.0a1.dev2 1.0.post1 1.0-1 1.0.post1.dev3
    1!1.0 1.0+local 1.0+local.1 1.0+ubuntu-1 1.0-alpha 1.0.preview3 1.0_beta_2 v1.0 1.0.r4
    1.0-rev5 2023.7.22 0.0.1a0 3.2.19 4.2.1rc1 2.0.0b1.post2 1.0.0.0.1 01.02 1.0+01 1.0+1a
    1.0.DEV 1.0RC1 1.0.dev 1.0a 1.10 1.9 20.3b1 0.1.dev20210101 1.0.0.post20 2.31.0
    """
    ),
    Scheme.SEMVER: _SEMVER,
    Scheme.GO: [
        *("v" + version for version in _SEMVER),
        *_words(
            """
    v1 v1.2 v2.0.0+incompatible v0.0.0-20190308221718-c2843e01d9a2
    """
        ),
        *_words(
            """
    v1.2.4-0.20191109021931-daa7c04131f5 v1.2.3-pre.0.20191109021931-daa7c04131f5
    """
        ),
        *_words(
            """
    v0.0.0-20210921155107-089bfa567519 v24.0.7+incompatible v1.21.0-rc.2
    """
        ),
    ],
    Scheme.MAVEN: _words(
        """
    1 1.0 1.0.0 1.1 1-SNAPSHOT 1.0-SNAPSHOT 1.0-alpha 1.0-alpha-1 1.0-alpha1 1.0a1 1.0-a1
    1.0-b2 1.0-m3 1.0-M3 1.0-rc1 1.0-RC1 1.0.RC1 1.0-cr1 1.0.CR2 1.0.Final 1.0-ga 1.0.GA
    1.0.RELEASE 1.0-sp 1.0.SP1 1.0-1 1.0-2 1.0.1-1 1-1.1 1.0.0.Beta1 5.3.27.Final 31.1-jre
    31.1-android 2.13.4.2 4.1.94.Final 9.4.51.v20230217 1.0-foo 1.0-foo-1 1.0.foo 1.0x 1x
    20040616 1.2.17-16 2.0.0.RELEASE 42.2.28.jre7 1.0-rc-1 1.0--1 1..0 3.0.0-M9 1.0.alpha.1
    2.4.0-b180830.0359 1-0.rc
    """
    ),
    Scheme.GEM: _words(
        """
    1 1.0 1.0.0 1.0.a 1.0.a1 1.0.a.1 1.0.beta 1.0.beta2 1.0.beta.2 1.0.rc1 1.0.rc.1 1.0.pre
    1.0.pre1 1.0-java 1.0-x86_64-linux 7.0.4.3 6.1.7.10 2.2.6.4 1.13.10 1.0.0.rc.2 1.0.0.1.b
    0.0.0.a 3.0.0.beta.10 1.0.A 1.0.b 5 1.2.b1 1.2.b.1 1.0.0.0.a 01.02 1.10 1.9.3 2.0.dev
    1.a.0.b
    """
    ),
    Scheme.NUGET: [
        *_SEMVER,
        *_words(
            """
    1 1.0 1.0.0.0 1.0.0.1 1.2.3.4-beta 1.0.0-RC 1.0.0-rc 1.0.0-Beta.2 4.7.0.0 01.1 1.0.0.1-a
    """
        ),
        *_words(
            """
    13.0.3 6.0.0-preview.7.21377.19 2.1.0-rc1-final 5.0.0-preview1 3.1.32 1.0-Alpha 8.0.0
    """
        ),
    ],
    Scheme.COMPOSER: _words(
        """
    1.0 1.0.0 v1.0.0 1.0.0.0 1 1.0.0-alpha 1.0.0-alpha1 1.0.0a1 1.0.0-beta2 1.0.0b2
    1.0.0-RC1 1.0.0-rc.1 1.0RC1 1.0.0-patch1 1.0.0-pl2 1.0.0p3 1.0.0-dev 1.0.x-dev 1.x-dev
    dev-master dev-main dev-feature/foo master 1.0.0-stable 1.0.0+build 1.0.0-beta.2-dev
    1.0.0@dev 2010.01 20100102 2010-01-02 2010.01.02.5 20230101-120000 1.0.*-dev 6.4.x-dev
    5.4.31 v6.0.0-BETA1 8.83.27 10.10 1.0.0-beta10 1.0.0-alpha2.1 2.3.x-dev 1.0-pl 00.1
    1.0.0.dev trunk
    """
    ),
}
SAMPLES[Scheme.PUB] = SAMPLES[Scheme.BITNAMI] = SAMPLES[Scheme.SEMVER]
SAMPLES[Scheme.INTEGERS] = SAMPLES[Scheme.GENERIC] = [
    version for scheme in (Scheme.MAVEN, Scheme.PEP440, Scheme.DPKG) for version in SAMPLES[scheme]
]

_BITS = {
    Scheme.DPKG: _words(
        """
    ~ ~~ + . - : 0 00 1 9 10 a b z A Z rc dfsg ~rc1 +b1 deb12u1 ~deb 0a -0 -1 1:
    """
    ),
    Scheme.APK: _words(
        """
    . .0 .00 .01 .1 .10 a b z _alpha _beta _pre _rc _cvs _svn _git _hg _p 1 2 0 -r0 -r1 -r10
    _alpha1 _p0 _p1 _rc01 12345678901234567
    """
    ),
    Scheme.RPM: _words(
        """
    ~ ^ . - _ + 0 00 1 9 10 a b Z el8 el9 ~rc1 ^git1 1: 0: .el8_1 -1
    """
    ),
    Scheme.PEP440: _words(
        """
    .0 .1 .10 a1 b1 rc1 c2 .dev0 .dev1 .post0 .post1 -1 -2 +a +1 +a.1 +1.a .a 1! 0! 0 1 9
    alpha preview - _ . rev2 DEV A
    """
    ),
    Scheme.SEMVER: _words(
        """
    .2147483648 -20230331123456 .20230331123456
    -0 -1 -a -alpha .0 .1 .10 .a .A .alpha - + +1 +a 0 1 9 a z A -- .- rc 1a
    """
    ),
    Scheme.MAVEN: _words(
        """
    . - .0 .1 -1 -0 .a -a a1 b1 m1 -alpha .alpha -beta1 -rc .rc1 -cr -snapshot -ga .ga
    -final .final -release -sp .sp1 -foo .foo foo1 x 0 1 9 00 1a .. --
    """
    ),
    Scheme.GEM: _words(
        """
    . .0 .1 .a .a1 .b .rc .pre .0.0 a b1 0 1 9 10 -1 -a -x .A A Z 00
    """
    ),
    Scheme.NUGET: _words(
        """
    .2147483647 .2147483648 -1 .-1 .-2 .10000000000 -20230331123456 .20230331123456
    -0 -1 -a -A -alpha .0 .1 .10 .a .A .ALPHA - + +1 0 1 9 a Z -- 00 rc .0.0
    """
    ),
    Scheme.COMPOSER: _words(
        """
    -alpha -a1 a -beta -b2 b3 -RC1 -rc RC -patch -p1 pl -dev .x-dev .*-dev .0 .1 .10 .99999
    +b -stable @dev @beta v 0 1 9 00 . - _ .1-dev beta.2 beta-3 @RC
    """
    ),
}
_BITS[Scheme.GO] = _BITS[Scheme.PUB] = _BITS[Scheme.BITNAMI] = _BITS[Scheme.SEMVER]
_BITS[Scheme.INTEGERS] = _BITS[Scheme.GENERIC] = _BITS[Scheme.MAVEN]


class Pairs:
    """Pairs of versions of a scheme: two real ones, one and its mutation, or two mutations."""

    def __init__(self, scheme: Scheme, seed: int, more: list[str] | None = None) -> None:
        self._random = Random(seed)  # noqa: S311 -- the same pairs in each run
        self._pool = sorted({*SAMPLES[scheme], *(more or [])})
        self._bits = _BITS[scheme]

    def take(self, number: int) -> list[tuple[str, str]]:
        """So many pairs; the same for the same seed."""
        return [self._pair() for _ in range(number)]

    def _pair(self) -> tuple[str, str]:
        place = self._random.randrange(len(self._pool))
        a = self._pool[place]
        kind = self._random.random()
        if kind < 0.2:
            b = self._random.choice(self._pool)
        elif kind < 0.4:  # a neighbour in plain order: alike, so close
            b = self._pool[(place + self._random.choice((-2, -1, 1, 2))) % len(self._pool)]
        elif kind < 0.8:
            b = self.mutated(a)
        else:
            a, b = self.mutated(a), self.mutated(a)
        return (a, b) if self._random.random() < 0.5 else (b, a)

    def mutated(self, version: str) -> str:
        """The version with one to three changes; never empty, nor with a space."""
        for _ in range(self._random.choice((1, 1, 2, 3))):
            version = self._changed(version) or "0"
        return version

    def _changed(self, version: str) -> str:
        place = self._random.randrange(len(version) + 1)
        kind = self._random.randrange(6)
        if kind == 0:
            return version + self._random.choice(self._bits)
        if kind == 1:
            return version[:place] + self._random.choice(self._bits) + version[place:]
        if kind == 2:
            return version[:place] + version[place + 1 :]
        if kind == 3:
            return version[: max(place, 1)]
        digits = [at for at, character in enumerate(version) if "0" <= character <= "9"]
        if kind == 4 and digits:
            at = self._random.choice(digits)
            return version[:at] + str(self._random.randrange(10)) + version[at + 1 :]
        end = self._random.randrange(place, min(place + 4, len(version)) + 1)
        return version[:end] + version[place:end] + version[end:]
