# The controller. The agent image is built by the controller itself, from the Node and the nft that are in this image.
FROM node:24-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends nftables && rm -rf /var/lib/apt/lists/*
WORKDIR /drover
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY . .
ENV DROVER_HOST=0.0.0.0 DROVER_HOME=/data PATH=/drover/node_modules/.bin:$PATH
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["node", "--max-semi-space-size=4", "/drover/cli/main.js"]
CMD ["up"]
