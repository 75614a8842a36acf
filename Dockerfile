# Builds the wheel, and installs it with the pinned dependencies into an image without build tools.
#
#   docker build -t router .
#   docker run -p 8080:8080 -v ./routes.yaml:/config/routes.yaml:ro -v router-data:/data --env-file .env router
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /src
RUN python -m venv /opt/router
COPY requirements.txt ./
RUN /opt/router/bin/pip install --no-cache-dir -r requirements.txt
COPY . .
# The extras are installed from the wheel's own metadata; the pins above hold for everything else.
RUN /opt/router/bin/pip wheel --no-cache-dir --no-deps --wheel-dir /dist . \
 && /opt/router/bin/pip install --no-cache-dir --constraint requirements-dev.txt "$(ls /dist/*.whl)[all]" \
 && /opt/router/bin/pip uninstall --yes pip

FROM python:${PYTHON}-slim
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin router \
 && install --directory --owner=router --group=router /data /config
COPY --from=build /opt/router /opt/router
# No bytecode is written: the root file system may be read-only, and a mounted plugins folder is not ours.
ENV PATH=/opt/router/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
# The journal and SQLite files of the configuration are relative to this folder: mount a volume here.
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["router"]
CMD ["run", "/config/routes.yaml"]
