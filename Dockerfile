# JupyterLab with gale. Build: docker build -t gale .   Run: docker run --rm -p 8888:8888 gale
FROM golang:1.26-bookworm AS build
WORKDIR /opt/gale/src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=1 go build -pgo=off -o /opt/gale/bin/gale ./cmd/gale

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev python3 python3-venv tini \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/go /usr/local/go
RUN python3 -m venv /opt/jupyter && /opt/jupyter/bin/pip install --no-cache-dir -q jupyterlab ipyparallel
ENV PATH=/opt/gale/bin:/opt/jupyter/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin GOTOOLCHAIN=local
RUN useradd -m -u 1000 gale
COPY --from=build --chown=gale /go/pkg/mod/cache /home/gale/go/pkg/mod/cache
COPY --from=build --chown=gale /opt/gale /opt/gale
RUN chown gale /home/gale/go /home/gale/go/pkg /home/gale/go/pkg/mod && gale install --prefix /opt/jupyter
USER gale
WORKDIR /home/gale
# What cells need of the standard library and of gale's packages is prepared once, as the user that runs them.
RUN gale doctor --prepare
COPY --chown=gale notebooks notebooks
EXPOSE 8888
HEALTHCHECK CMD ["gale", "version"]
ENTRYPOINT ["tini", "--"]
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
