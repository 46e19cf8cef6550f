# Songs in /input, stems in /output, on the processor:
#
#   docker build -t xumx-slicq .
#   docker run --rm --init --user "$(id -u):$(id -g)" -v "$PWD/songs:/input:ro" -v "$PWD/stems:/output" xumx-slicq
#
# Other commands and options: docker run … xumx-slicq demix /input -o /output --format flac --recursive
# Models that are fetched lie in /models; mount a folder there to keep them.

FROM node:20-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts
# The native runtime comes with the binaries of all platforms; keep this one's.
RUN node scripts/pruneRuntime.mjs

FROM node:20-slim
ENV NODE_ENV=production XUMX_SLICQ_CACHE=/models
COPY --from=build /app/package.json /app/
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY models /app/models
COPY LICENSE NOTICE /app/
RUN mkdir -p /input /output /models && chmod 1777 /output /models
USER node
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["demix", "/input", "--output", "/output"]
