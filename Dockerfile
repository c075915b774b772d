# The worker in a container: Bun, this tree and its packages, nothing else.
#
#   docker build -t dingbridge .
#
# Needs the base image and an npm registry only. Where the usual ones are out of reach, name others:
#   --build-arg BASE=… --build-arg NPM_CONFIG_REGISTRY=…
#
# Debian with glibc and no tools, for amd64 and arm64. The same version as in package.json.
ARG BASE=oven/bun:1.4.5-slim

FROM ${BASE} AS packages
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
# No scripts: no package that is needed while running has any.
RUN bun install --frozen-lockfile --production --omit=peer --ignore-scripts

FROM ${BASE}
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
# Bun takes its settings from the folder it runs in: no .env, no packages fetched while running.
COPY package.json bunfig.toml LICENSE ./
COPY src ./src
# Configuration and data in one place: /data/.openclaw/dingbridge.json, /data/.openclaw/dingbridge/.
RUN mkdir -m 700 /data && chown bun:bun /data
USER bun
VOLUME /data

# The log goes to `docker logs` and not to a file as well: nobody would clear that away.
# What Bun keeps of files it has compiled would lie in the volume.
# All addresses: a published port leads to this one. /healthz and /readyz are open to whoever gets there;
# /status, /metrics and sending need a token then: set DINGBRIDGE_API_TOKEN, or nobody can use them.
ENV HOME=/data \
    DINGBRIDGE_HOST=0.0.0.0 \
    DINGBRIDGE_LOG_DIR=off \
    BUN_RUNTIME_TRANSPILER_CACHE_PATH=0
EXPOSE 18780

# Whether the process is alive, not /readyz: that also fails while DingTalk cannot be reached or the disk
# is full, and whatever replaces "unhealthy" containers would then only break off the turns under way.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 bun -e 'process.exit((await fetch(`http://127.0.0.1:${process.env.DINGBRIDGE_PORT || 18780}/healthz`)).ok ? 0 : 1)'

# It is process 1, takes signals as that, and starts nothing it would not wait for: no init is needed.
# A stop may take up to 31 s, and Docker gives 10: docker run --stop-timeout 45, or stop_grace_period: 45s.
STOPSIGNAL SIGTERM
ENTRYPOINT ["bun", "--no-install", "src/main.ts"]
CMD ["start"]
