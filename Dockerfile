# One image for the three apps: web, worker and the commands that run once; the compose file says which.

FROM python:3.13-slim AS packages
COPY requirements-base.lock /
# Wheels only: nothing is compiled here, so nothing needs a compiler.
RUN python -m venv /opt/kezek \
 && /opt/kezek/bin/pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
      --require-hashes --only-binary :all: -r /requirements-base.lock \
 && /opt/kezek/bin/pip uninstall --quiet --yes --root-user-action=ignore pip

FROM python:3.13-slim
RUN groupadd --system --gid 10001 kezek \
 && useradd --system --uid 10001 --gid kezek --no-create-home --home-dir /app --shell /usr/sbin/nologin kezek
ENV PATH=/opt/kezek/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=packages /opt/kezek /opt/kezek
COPY data data
COPY shared shared
COPY services services
# The file system is read-only later: the bytecode has to be there before.
RUN python -m compileall -q --invalidation-mode unchecked-hash shared services
USER 10001:10001
