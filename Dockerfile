# syntax=docker/dockerfile:1
# Seawall's own image: `docker run --rm -v "$PWD:/project:ro" seawall check .`
ARG BASE=python:3.14.8-slim-trixie@sha256:f85c5697265c178cc6887276c55fe16cf3d14ca35c3df6a5eab3b360534a55d2

FROM ${BASE} AS build
WORKDIR /src
RUN python -m venv /opt/seawall
COPY requirements/runtime.txt requirements/
RUN /opt/seawall/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/seawall/bin/pip install --no-cache-dir --no-deps .

FROM ${BASE}
LABEL org.opencontainers.image.title="seawall" \
      org.opencontainers.image.description="Checks the practices that make containers safe" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} + \
    && useradd --uid 10001 --no-log-init --no-create-home --shell /usr/sbin/nologin seawall
COPY --from=build /opt/seawall /opt/seawall
ENV PATH="/opt/seawall/bin:${PATH}"
WORKDIR /project
USER 10001:10001
HEALTHCHECK --interval=1m --timeout=5s --retries=3 CMD ["seawall", "version"]
ENTRYPOINT ["seawall"]
CMD ["check", "."]
