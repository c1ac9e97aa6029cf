# SPDX-License-Identifier: MIT
# oriel-relay and what it links, nothing else: docker build -t oriel-relay .
#   docker run -p 8080:8080 -e ORIEL_SECRET=... --read-only --cap-drop ALL \
#     oriel-relay
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make check
WORKDIR /oriel
COPY . .
RUN make setup-relay
# The relay's unit tests pass, or there is no image.
RUN make -j"$(nproc)" relay check-relay \
 && cloud/image/rootfs.sh build/release/oriel-relay /image

FROM scratch
COPY --from=build /image /
USER 65534:65534
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s CMD ["/usr/bin/oriel-relay", "health"]
ENTRYPOINT ["/usr/bin/oriel-relay"]
