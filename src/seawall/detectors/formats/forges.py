"""Credentials of source forges, package registries and continuous integration."""

from __future__ import annotations

from seawall.core.expression import Expression
from seawall.detectors.pattern import EDGE, STOP, Pattern, token
from seawall.detectors.validation import (
    has_github_checksum,
    is_long_random,
    is_mixed,
    is_pypi_macaroon,
)

_GITHUB = Pattern(
    "github-token",
    "a GitHub token",
    ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    Expression(f"{EDGE}(gh[pousr]_[A-Za-z0-9]{{36}}){STOP}"),
    4,
    is_mixed,
    has_github_checksum,
    leads=True,
    is_plain=True,
)

FORGES = (
    _GITHUB,
    token(
        "github-token",
        "a GitHub refresh token",
        "ghr_",
        "ghr_[A-Za-z0-9]{76}",
    ),
    token(
        "github-token",
        "a GitHub fine-grained token",
        "github_pat_",
        "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    ),
    token(
        "gitlab-token",
        "a GitLab token",
        "glpat- gldt- glrt- glcbt- glsoat- glft- glimt- glagent- gloas- glffct- glrtr- glwt-",
        r"gl(?:pat|dt|rt|rtr|cbt|soat|ft|imt|agent|oas|ffct|wt)-[A-Za-z0-9_\-]{20,300}"
        r"(?:\.[0-9a-z]{2}\.?[0-9a-z]{7,9})?",
    ),
    token(
        "gitlab-trigger-token", "a GitLab pipeline trigger token", "glptt-", "glptt-[0-9a-f]{40}"
    ),
    token(
        "gitlab-runner-token",
        "a GitLab runner registration token",
        "GR1348941",
        r"GR1348941[A-Za-z0-9_\-]{20}",
    ),
    token("gitlab-session", "a GitLab session", "_gitlab_session=", "_gitlab_session=[0-9a-z]{32}"),
    token("atlassian-token", "an Atlassian API token", "ATATT3", r"ATATT3[A-Za-z0-9_\-=]{150,250}"),
    token("bitbucket-password", "a Bitbucket app password", "ATBB", "ATBB[A-Za-z0-9]{32}"),
    token(
        "bitbucket-token",
        "a Bitbucket access token",
        "ATCTT3",
        r"ATCTT3[A-Za-z0-9_\-=]{150,250}",
    ),
    token(
        "sourcegraph-token",
        "a Sourcegraph token",
        "sgp_",
        "sgp_(?:(?:[0-9a-f]{16}|local)_)?[0-9a-f]{40}",
    ),
    token("gitea-token", "a Gitea runner token", "gtr_", "gtr_[A-Za-z0-9]{40}"),
)

REGISTRIES = (
    token(
        "docker-token",
        "a Docker Hub token",
        "dckr_pat_ dckr_oat_",
        r"dckr_[po]at_[A-Za-z0-9_\-]{27,32}",
    ),
    token("npm-token", "an npm token", "npm_", "npm_[A-Za-z0-9]{36}", is_sure=has_github_checksum),
    token(
        "pypi-token",
        "a PyPI token",
        "pypi-AgE",
        r"pypi-AgE[A-Za-z0-9_\-]{50,1000}",
        is_sure=is_pypi_macaroon,
        reach=1100,
    ),
    token("rubygems-token", "a RubyGems key", "rubygems_", "rubygems_[0-9a-f]{48}"),
    token("crates-token", "a crates.io token", "cio", "cio[A-Za-z0-9]{32}"),
    token("nuget-key", "a NuGet key", "oy2", "oy2[a-z0-9]{43}"),
    token("artifactory-key", "an Artifactory key", "AKCp", "AKCp[A-Za-z0-9]{69}"),
    token("artifactory-token", "an Artifactory reference token", "cmVmd", "cmVmd[A-Za-z0-9]{59}"),
    token("clojars-token", "a Clojars token", "CLOJARS_", "CLOJARS_[A-Za-z0-9]{60}"),
    token(
        "packagist-token",
        "a Private Packagist token",
        "packagist_",
        "packagist_[ou][ru]t_[0-9a-f]{68}",
    ),
    token(
        "cloudsmith-key",
        "a Chainguard or Cloudsmith key",
        "csk_",
        "csk_[A-Za-z0-9]{40}",
        is_true=is_long_random,
    ),
)

PIPELINES = (
    token("buildkite-token", "a Buildkite token", "bkua_ bkat_", "bk(?:ua|at)_[0-9a-f]{40}"),
    token(
        "circleci-token",
        "a CircleCI token",
        "CCIPAT_ CCIPRJ_",
        "CCIP(?:AT|RJ)_[A-Za-z0-9]{16,24}_[0-9a-f]{40}",
    ),
    token("sonar-token", "a SonarQube token", "squ_ sqp_ sqa_", "sq[upa]_[0-9a-f]{40}"),
    token(
        "intra42-secret",
        "a 42 client secret",
        "s-s4t2",
        "s-s4t2(?:ud|af)-[0-9a-f]{64}",
    ),
    token(
        "settlemint-token",
        "a SettleMint token",
        "sm_aat_ sm_pat_ sm_sat_",
        "sm_[aps]at_[A-Za-z0-9]{16}",
    ),
)

SOURCES = (*FORGES, *REGISTRIES, *PIPELINES)
"""What source code and packages are fetched, built and published with."""
