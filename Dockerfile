# The gateway in production. Its root can be read-only: it writes to /data alone, and only without DATABASE_URL.
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-trixie-slim AS build
RUN install --directory --owner node --group node /app
# What Node has compiled it keeps for each user apart, and it is found again by its path.
USER node
WORKDIR /app
COPY --chown=node package.json package-lock.json ./
# Neither what runs in production nor what builds it is compiled or fetched by an install script.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY --chown=node build build
COPY --chown=node src src
COPY --chown=node providers providers
RUN node build/build.ts

FROM node:${NODE_VERSION}-trixie-slim
# A gateway installs nothing.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
  && install --directory --owner node --group node /data
COPY LICENSE /app/
COPY --from=build --chown=root --chmod=755 /app/dist /app/dist
# For every user to read, and for nobody to write: it is code.
COPY --from=build --chown=root --chmod=755 /app/node_modules/.cache/stepgate /app/node_modules/.cache/stepgate
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080
USER node
# Without DATABASE_URL the SQLite file is made here.
WORKDIR /data
VOLUME /data
EXPOSE 8080
# Whether it lives; whether it can serve is /readyz, which a load balancer asks.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# No shell between: SIGTERM is for node.
ENTRYPOINT ["node", "/app/dist/stepgate.js"]
CMD ["serve"]
