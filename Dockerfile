# ancloud's container images, from nothing but a clone:
#
#   docker build --network host --target service -t ancloud/service .   gateway, input-svc, the CLI
#   docker build --network host --target media   -t ancloud/media .     media-svc, with ffmpeg
#   docker build --network host --target host    -t ancloud/host    .   container-svc, session-svc, the reference guest
#   docker build --network host --target store   -t ancloud/store   .   nats-server, redis-server, coturn
#
# Debian 12 or newer, or a like Ubuntu, as the base; tools/docker/engine.sh makes one where no registry can be reached.
# Builds with the classic builder and with BuildKit, so nothing here needs a Dockerfile frontend from a registry.
# A folder .docker-cache (left out of git) may bring finished builds of the slow parts, laid out as ~/.cache/ancloud; the
# scripts know them by content hash. `COPY LICENSE .docker-cache/x*` is how COPY takes a folder that may not be there.
ARG ANCLOUD_BASE=debian:bookworm-slim

# ── every package.json alone, so that npm's layers last until one of them changes
FROM ${ANCLOUD_BASE} AS manifests
COPY . /src
RUN mkdir /manifests && cd /src && \
    find package.json package-lock.json */package.json */*/package.json | tar -cf - -T - | tar -C /manifests -xf -

# ── what the stages that build have in common
FROM ${ANCLOUD_BASE} AS tools
ENV DEBIAN_FRONTEND=noninteractive HOME=/root
# npm speaks TLS with the roots of the base image, which may hold an operator's own.
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
ARG NPM_CONFIG_REGISTRY=
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends ca-certificates nodejs npm >/dev/null
WORKDIR /src

# ── native programs: slow and seldom changed; each script installs the packages it needs
FROM tools AS nats
COPY tools/apt tools/apt
COPY tools/nats tools/nats
COPY LICENSE .docker-cache/nats* /root/.cache/ancloud/nats/
RUN install -D "$(tools/nats/get.sh)" /out/nats-server

FROM tools AS worker
COPY tools/apt tools/apt
COPY tools/mediasoup-worker tools/mediasoup-worker
COPY services/media-svc/package.json services/media-svc/
COPY LICENSE .docker-cache/mediasoup-worker* /root/.cache/ancloud/mediasoup-worker/
# Which packages its shared libraries are in differs by release; the service image installs what is named here.
RUN install -D "$(tools/mediasoup-worker/build.sh)" /out/mediasoup-worker && \
    ldd /out/mediasoup-worker | awk '/=> \// {print $3}' | xargs -r realpath | xargs -r dpkg-query -S 2>/dev/null | \
    cut -d: -f1 | sort -u >/out/mediasoup-worker.packages

# From worker only for its compiler.
FROM worker AS native
COPY services/container-svc/build-native.sh services/container-svc/
COPY services/container-svc/shim services/container-svc/shim
COPY services/container-svc/native services/container-svc/native
RUN services/container-svc/build-native.sh && \
    install -t /out services/container-svc/shim/out/phone-shim services/container-svc/native/out/ancloud-hostcap

FROM native AS guest
COPY guest guest
COPY LICENSE .docker-cache/guest* /root/.cache/ancloud/guest/
RUN guest/build.sh /out/reference.sqfs

# ── the workspace, without what only tests and measurements need
FROM tools AS build
COPY --from=manifests /manifests ./
# npm itself on the pinned Node from here on: Debian 12's Node 18 makes it leave out optional packages that ask for a newer
# one, the bundler's native part among them.
RUN arch=$(dpkg --print-architecture | sed s/amd64/x64/) && cd /tmp && \
    npm pack --silent "node-linux-$arch@$(sed -n "s/.*\"node-linux-$arch\": \"\([0-9.]*\)\".*/\1/p" /src/package.json)" && \
    tar -xzf node-linux-*.tgz && install package/bin/node /usr/local/bin/node && rm -r node-linux-*.tgz package && node --version
COPY tools/dev tools/dev
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && node tools/dev/link-node.cjs
COPY --from=manifests /manifests /out/app
RUN cd /out/app && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --omit=dev --prefer-offline \
      -w services/container-svc -w services/session-svc -w services/media-svc -w services/input-svc -w services/gateway -w cli
COPY LICENSE tsconfig.base.json buf.yaml buf.gen.yaml ./
COPY proto proto
COPY packages packages
COPY player player
COPY web web
COPY services services
COPY cli cli
RUN PATH=/src/node_modules/.bin:$PATH && npm run -s generate && tsc -b packages/* services/* cli && \
    node tools/dev/bundle.mjs && npm run -s build:web
COPY deploy/docker/assemble.sh deploy/docker/
RUN deploy/docker/assemble.sh /src /out/app

# ── one image for every service without privileges
FROM ${ANCLOUD_BASE} AS service
ENV DEBIAN_FRONTEND=noninteractive
COPY --from=worker /out/mediasoup-worker.packages /tmp/
RUN apt-get -qq update && \
    apt-get -qq install -y --no-install-recommends $(cat /tmp/mediasoup-worker.packages) >/dev/null && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log /tmp/mediasoup-worker.packages
COPY deploy/docker/bin/ /usr/local/bin/
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=worker /out/mediasoup-worker /usr/local/lib/ancloud/mediasoup-worker
# Started by hand a worker that finds all its libraries says so and exits with 41.
RUN /usr/local/lib/ancloud/mediasoup-worker 2>/dev/null; [ $? = 41 ]
COPY --from=build /out/app /app
ENV NODE_ENV=production MEDIASOUP_WORKER_BIN=/usr/local/lib/ancloud/mediasoup-worker ANCLOUD_WEB_DIR=/app/web/dist
WORKDIR /app
USER 1000:1000
ENTRYPOINT ["service"]
CMD ["gateway"]

# ── media-svc: with ffmpeg, which is larger than all the rest and which nobody else needs
FROM service AS media
USER 0:0
# A new volume takes this folder's owner: the user that media-svc has in docker-compose.yml.
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends ffmpeg >/dev/null && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log && \
    install -d -o 1004 -g 1000 -m 700 /var/lib/ancloud/recordings
USER 1000:1000
CMD ["media-svc"]

# ── a whole host; runs as root with the capabilities that docker-compose.yml lists, never privileged
FROM service AS host
USER 0:0
RUN apt-get -qq update && \
    apt-get -qq install -y --no-install-recommends \
      crun iproute2 iptables nftables dnsmasq-base util-linux kmod procps squashfs-tools e2fsprogs >/dev/null && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log
COPY --from=native /out/phone-shim services/container-svc/shim/out/phone-shim
COPY --from=native /out/ancloud-hostcap services/container-svc/native/out/ancloud-hostcap
COPY --from=guest /out/reference.sqfs /usr/share/ancloud/reference.sqfs
VOLUME /var/lib/ancloud
ENTRYPOINT ["ancloud"]
CMD ["host"]

# ── the two stores, and coturn: what is not ours
FROM ${ANCLOUD_BASE} AS store
ENV DEBIAN_FRONTEND=noninteractive
# redis-tools holds the server's binary (as redis-check-rdb, which serves when called so) without a service of its own.
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends redis-tools coturn >/dev/null && \
    ln -s "$(command -v redis-check-rdb)" /usr/local/bin/redis-server && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log
COPY --from=nats /out/nats-server /usr/local/bin/nats-server
COPY deploy/docker/bin/healthy /usr/local/bin/healthy
# A new volume takes this folder's owner: the user that redis has in docker-compose.yml.
RUN install -d -o 1002 -g 1000 -m 700 /data
USER 1000:1000
