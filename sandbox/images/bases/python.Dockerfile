# Stands in for Docker Hub's image of this name: Debian's own Python 3.11, with `python` and `pip` on the PATH.
FROM docker.io/library/debian:bookworm-slim
RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-pip \
    && ln -s python3 /usr/local/bin/python
CMD ["python3"]
