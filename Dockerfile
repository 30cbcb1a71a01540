# JupyterLab with gale, and all that its cells need to be compiled: they work without a network.
#
#   docker build -t gale .
#   docker run --rm -p 127.0.0.1:8888:8888 -v "$PWD:/home/gale/work" gale      the address to open is in the log
#   docker run --rm gale gale run notebooks/00-hello.ipynb -o /tmp/out.ipynb   any other command
#
# Packages come from where --build-arg GOPROXY, GOSUMDB, GONOSUMDB and PIP_INDEX_URL say, where a site has its own mirrors.

FROM golang:1.26-bookworm AS build
ARG GOPROXY GOSUMDB GONOSUMDB
# What cells need is made here as the user will find it: the same folders, compiled once for the program and for cells.
ENV HOME=/home/gale GOPATH=/home/gale/go GOTOOLCHAIN=local
WORKDIR /opt/gale/src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=1 go build -pgo=off -ldflags "-X main.version=$VERSION" -o /opt/gale/bin/gale ./cmd/gale \
 && /opt/gale/bin/gale doctor --prepare \
 && find "$GOPATH/pkg/mod/cache/download" -name '*.zip' -delete \
 && rm -rf /usr/local/go/api /usr/local/go/doc /usr/local/go/misc /usr/local/go/test

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev python3 python3-venv tini \
 && rm -rf /var/lib/apt/lists/*
ARG PIP_INDEX_URL
COPY test/constraints.txt /opt/jupyter/
RUN python3 -m venv /opt/jupyter \
 && PIP_CERT=/etc/ssl/certs/ca-certificates.crt /opt/jupyter/bin/pip install --no-cache-dir -q --disable-pip-version-check \
    -c /opt/jupyter/constraints.txt jupyterlab ipyparallel ipywidgets
RUN useradd -m -u 1000 gale
COPY --from=build /usr/local/go /usr/local/go
COPY --from=build --chown=gale /home/gale /home/gale
COPY --from=build /opt/gale /opt/gale
ENV PATH=/opt/gale/bin:/opt/jupyter/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin GOTOOLCHAIN=local
RUN gale install --prefix /opt/jupyter
USER gale
WORKDIR /home/gale
COPY --chown=gale notebooks notebooks
# The image is not made if its user could not compile a cell.
RUN gale doctor --prepare
EXPOSE 8888
HEALTHCHECK --start-period=60s CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8888/api')"]
ENTRYPOINT ["tini", "--"]
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
