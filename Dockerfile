# wirewatch in a container, with all its optional notifiers:
#
#   docker build -t wirewatch .
#   docker run -d --name wirewatch -v wirewatch:/var/lib/wirewatch \
#       -v /srv/wirewatch:/etc/wirewatch:ro wirewatch
#
# The config is /srv/wirewatch/wirewatch.toml (config/container.toml to start from, which is also
# what the image has without one of yours). docs/OPERATING.md says more.
ARG RUST_IMAGE=rust:1-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${RUST_IMAGE} AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --all-features --bin wirewatch && strip target/release/wirewatch

FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 wirewatch \
    && useradd --uid 10001 --gid 10001 --shell /usr/sbin/nologin --no-create-home --home-dir /var/lib/wirewatch wirewatch \
    && install -d -o wirewatch -g wirewatch -m 0750 /var/lib/wirewatch
COPY --from=build /src/target/release/wirewatch /usr/bin/wirewatch
COPY config/container.toml /etc/wirewatch/wirewatch.toml
USER wirewatch
WORKDIR /var/lib/wirewatch
VOLUME /var/lib/wirewatch
# The daemon writes down once a minute how it does. Unhealthy: silent for five minutes, or a trouble
# of its own, such as a full disk; `wirewatch status` in the container says which.
HEALTHCHECK --interval=1m --timeout=10s --start-period=2m CMD ["wirewatch", "status"]
# SIGTERM finishes what is in flight (docker stop -t 45), SIGHUP reads the config again.
STOPSIGNAL SIGTERM
ENTRYPOINT ["wirewatch"]
CMD ["run"]
