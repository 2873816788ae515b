# Larder in a container. Build: docker build -t larder .    Run: docker run -p 6379:6379 larder
# The image holds the server and the libraries it runs with; it is configured by LARDER_* variables (larder --help).

FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ cmake ninja-build libasio-dev libspdlog-dev libcli11-dev libxxhash-dev \
      zlib1g-dev nlohmann-json3-dev libcpp-httplib-dev pkg-config libjs-dygraphs \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY . /source
RUN cmake -S /source -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DLARDER_TESTS=OFF \
 && cmake --build /build --target larder \
 && strip /build/larder

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libspdlog1.10 libfmt9 libcpp-httplib0.11 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && useradd --system --no-create-home --shell /usr/sbin/nologin larder
COPY --from=build /build/larder /usr/local/bin/larder
COPY LICENSE /usr/share/doc/larder/LICENSE
# All addresses of the container, whose network decides who reaches it. The log warns as long as there is no password: set
# LARDER_REQUIREPASS where others than the application can come.
ENV LARDER_BIND=* LARDER_PROTECTED_MODE=no
# Metrics and probes over HTTP: LARDER_ADMIN_PORT=9379 LARDER_ADMIN_BIND=0.0.0.0 LARDER_ADMIN_TOKEN=...
USER larder
EXPOSE 6379
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s --retries=3 CMD ["larder", "--healthcheck"]
ENTRYPOINT ["larder"]
