# The gateway in production. Its root can be read-only: it writes to /data alone, and only without DATABASE_URL.
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Nothing that runs in production is compiled or fetched by an install script.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:${NODE_VERSION}-trixie-slim
# A gateway installs nothing.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
  && install --directory --owner node --group node /data
COPY package.json LICENSE /app/
COPY --from=packages /app/node_modules /app/node_modules
COPY src /app/src
COPY providers /app/providers
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
ENTRYPOINT ["node", "/app/src/main.js"]
CMD ["serve"]
