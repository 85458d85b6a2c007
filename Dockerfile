# Fairwell in a container: a user without rights, and nothing that can be written but two volumes.
#   state/          the database
#   config/spaces/  what the admins of each community have set; the rest of config/ is the image's
FROM python:3.12-slim AS built
WORKDIR /build
RUN python -m venv /opt/fairwell
COPY requirements/run.txt requirements/
RUN /opt/fairwell/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md ./
COPY bot bot
COPY adapters adapters
COPY config config
RUN /opt/fairwell/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /fairwell --create-home fairwell
WORKDIR /fairwell
COPY --from=built /opt/fairwell /opt/fairwell
COPY config config
RUN mkdir -p state config/spaces && chown -R fairwell:fairwell state config/spaces
# The database is written anew where it stands: a disk in memory might be too small for it.
ENV PATH=/opt/fairwell/bin:$PATH PYTHONUNBUFFERED=1 SQLITE_TMPDIR=/fairwell/state FAIRWELL_HEALTH=127.0.0.1:8080
USER fairwell
VOLUME ["/fairwell/state", "/fairwell/config/spaces"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["fairwell", "health"]
ENTRYPOINT ["fairwell"]
CMD ["run"]
