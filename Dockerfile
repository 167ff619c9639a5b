# One image for web, worker and beat: the command differs.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# The image may run on another processor than the one that built it: x86-64-v2 is what every server since 2010 has.
ARG ARGON2_CFLAGS=""
COPY requirements.lock ./
COPY adminportal/tryout/bootstrap.py adminportal/tryout/bootstrap.py
RUN if [ -z "$ARGON2_CFLAGS" ] && [ "$(uname -m)" = x86_64 ]; then ARGON2_CFLAGS="-O3 -march=x86-64-v2"; fi \
 && PORTAL_CFLAGS="${ARGON2_CFLAGS:--O3}" python adminportal/tryout/bootstrap.py
COPY . .
RUN PORTAL_ENV=demo SECRET_KEY=only-while-the-image-is-built VAR_DIR=/app/var \
    .venv/bin/python -m adminportal.tryout.files

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin portal \
 && mkdir -p /app /var/lib/portal/metrics && chown -R portal /var/lib/portal
WORKDIR /app
COPY --from=build /app /app
RUN ln -s /app/var/static /var/lib/portal/static
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PORTAL_ENV=production \
    VAR_DIR=/var/lib/portal \
    BIND=0.0.0.0:8000
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
CMD ["gunicorn", "-c", "python:adminportal.web_server"]
