#!/usr/bin/env bash
# Runs the built program on Node 24, which the image has, with its embedded database: start, login, list, order, audit.
# Node comes from its npm package, and is left in a temporary folder no longer than this takes.
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/shop-node-24.XXXXXX")
# The embedded database may run as another user, who must be able to enter the folder.
chmod 755 "$work"
server=

clean_up() {
  local status=$?
  trap - EXIT
  if [[ -n $server ]]; then
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || true
  fi
  if ((status)); then tail -n 20 "$work"/*.log >&2; fi
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT

package=node-$(node -p '`${process.platform}-${process.arch}`')
(cd "$work" && npm pack --silent "$package@24" >/dev/null && tar -xzf ./*.tgz package/bin/node)
node=$work/package/bin/node
version=$("$node" --version)
[[ $version == v24.* ]] || { echo "expected Node 24, got $version" >&2; exit 1; }

export SHOP_DATA_DIR=$work/data SHOP_EMBEDDED_LINGER=0
mkdir -m 755 "$SHOP_DATA_DIR"
# The shell that starts the server opens its log, perhaps later than it is read here first.
touch "$work/serve.log"
# Not a function: the signal must reach Node itself.
"$node" "$repository/bin/run.js" serve --demo --port 0 >"$work/out.log" 2>"$work/serve.log" &
server=$!
for ((tries = 0; tries < 600; tries++)); do
  url=$(sed -n 's/.*The shop listens on \(http:[^ ]*\)\. .*/\1/p' "$work/serve.log")
  [[ -z $url ]] || break
  kill -0 "$server"
  sleep 0.1
done

# shellcheck disable=SC2016 # JavaScript's own ${}
"$node" -e '
  const assert = require("node:assert")
  const json = {"content-type": "application/json"}
  async function request(method, path, body, headers = {}) {
    const answer = await fetch(process.argv[1] + path, {method, headers: {...json, ...headers}, ...(body && {body: JSON.stringify(body)})})
    const text = await answer.text()
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`)
    return text === "" ? undefined : JSON.parse(text)
  }
  async function run() {
    await request("GET", "/healthcheck/ready/")
    const {token} = await request("POST", "/auth/login/", {username: "matt", password: "jackson"})
    const authorization = {authorization: `Token ${token}`}
    assert.ok((await request("GET", "/products/list/")).count > 0)
    const {order_id} = await request("PUT", "/orders/create/", {items: [{product_id: 6, quantity: 1}]}, authorization)
    const history = await request("GET", "/orders/history/", undefined, authorization)
    assert.equal(history.results[0].id, order_id)
  }
  run().catch((error) => { console.error(error); process.exitCode = 1 })' "$url"
"$node" "$repository/bin/run.js" audit >"$work/audit.log"
kill -TERM "$server"
wait "$server"
server=
echo "✔ Node $version starts, logs in, lists, orders and audits"
