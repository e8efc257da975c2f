FROM node:24-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

# Install scripts are off, because `prepare` would build sources that are not copied yet.
FROM base AS dependencies
RUN npm ci --ignore-scripts

# The embedded PostgreSQL is left out: a container gets its database from outside.
FROM base AS production-dependencies
RUN npm ci --ignore-scripts --omit=dev --omit=optional

# Copies only the sources of the product, so that dist/ has no tests.
FROM dependencies AS build
COPY tsconfig.json knexfile.ts ./
COPY bin bin
COPY seeds seeds
COPY migrations migrations
COPY src src
COPY commands commands
RUN npm run build && rm dist/.tsbuildinfo

# Everything, for `make test`. PostgreSQL refuses to run as root.
FROM dependencies AS test
RUN npm rebuild && install -d -o node -g node node_modules/.cache && chown node:node .
COPY --chown=node:node . .
USER node
CMD ["npm", "test"]

FROM node:24-bookworm-slim AS production
LABEL org.opencontainers.image.title="MattShop" \
      org.opencontainers.image.description="The command line and the HTTP API of a small shop, on PostgreSQL" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000
WORKDIR /app
RUN ln -s /app/bin/run.js /usr/local/bin/shop
COPY --from=production-dependencies /app/package.json ./
COPY --from=production-dependencies /app/node_modules node_modules
COPY --from=build /app/bin bin
COPY --from=build /app/oclif.manifest.json ./
COPY --from=build /app/dist dist
COPY src/http/docs/assets src/http/docs/assets
USER node
EXPOSE 8000
# The start period covers the SHOP_DATABASE_WAIT seconds for which `serve` may wait before it listens.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthcheck/ready/').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# The exec form, so that Node itself gets the signals.
ENTRYPOINT ["node", "/app/bin/run.js"]
CMD ["serve"]
