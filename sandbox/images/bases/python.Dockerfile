# Stands in for Docker Hub's image of this name: Debian's own Python 3.11, with `python` and `pip` on the PATH.
FROM docker.io/library/debian:bookworm-slim
RUN --mount=type=cache,id=pulumi-mlops-apt-lists,target=/var/lib/apt/lists \
    --mount=type=cache,id=pulumi-mlops-apt-archives,target=/var/cache/apt \
    apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-pip \
    && ln -s python3 /usr/local/bin/python
CMD ["python3"]
