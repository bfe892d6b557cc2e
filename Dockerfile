# The image of a daily run: `make image`, then docs/bigquery.md. The base is pinned here, all else in requirements.lock.
FROM python:3.11.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    DBT_TARGET_PATH=/tmp/target \
    DBT_LOG_PATH=/tmp/logs

RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home fullcourt

WORKDIR /srv/fullcourt
COPY --chown=fullcourt . .
RUN mkdir -p data && chown fullcourt . data
USER fullcourt

# As on every other machine: the environment of the lock, with its bytecode.
RUN make setup

ENTRYPOINT [".venv/bin/fullcourt"]
CMD ["today", "--no-report"]
