# SPDX-License-Identifier: MIT
# oriel-relay in a small image: docker build -t oriel-relay .
#   docker run -p 8080:8080 -e ORIEL_SECRET=... oriel-relay
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make check
WORKDIR /oriel
COPY . .
RUN make setup-build
# The unit tests pass, or there is no image.
RUN make -j"$(nproc)" all check && strip build/release/oriel-relay

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
	libwebsockets17 libwebsockets-evlib-ev libev4 libssl3 zlib1g \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /oriel/build/release/oriel-relay /usr/bin/
USER 65534:65534
EXPOSE 8080
ENTRYPOINT ["/usr/bin/oriel-relay"]
