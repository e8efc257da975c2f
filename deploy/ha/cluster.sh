#!/usr/bin/env bash
# Runs the cluster of this folder on one machine, for tests and to try it: three nodes, each with PostgreSQL, Patroni and
# etcd in a network of its own, and HAProxy in front of them on loopback ports. Needs no privileges: the networks are
# namespaces of an ordinary user, and packets between them are really lost when a node is isolated.
set -euo pipefail

usage() {
  cat <<'END'
Usage: cluster.sh start DIR [--port BASE]  start a cluster in DIR, which must be
                                           empty or missing
       cluster.sh stop DIR [--keep]        end it, and remove DIR unless --keep
       cluster.sh status DIR               members, leader and states, as JSON
       cluster.sh url DIR                  DATABASE_URL of the leader by HAProxy
       cluster.sh url DIR --hosts          DATABASE_URL of the nodes themselves
       cluster.sh url DIR --replicas       DATABASE_REPLICA_URL by HAProxy
       cluster.sh leader DIR               the name of the node that leads now;
                                           exit code 1 without one
       cluster.sh kill NODE DIR            SIGKILL all of a node: PostgreSQL,
                                           Patroni and etcd
       cluster.sh kill-postgres NODE DIR   SIGKILL a node's PostgreSQL only
       cluster.sh restart NODE DIR         start what a node lacks
       cluster.sh pause|resume NODE DIR    SIGSTOP or SIGCONT all of a node
       cluster.sh isolate|heal NODE DIR    cut a node off from all others and
                                           HAProxy, or connect it again
       cluster.sh switchover DIR           let the synchronous standby take over
       cluster.sh await DIR                wait until there are a leader, a
                                           synchronous standby and a third node
       cluster.sh check                    say whether this machine has what it
                                           takes

Nodes are node1, node2 and node3. Ports from BASE (5500): the leader, +1 the
standbys, +2 HAProxy's metrics, +11 to +13 PostgreSQL and +21 to +23 Patroni of
each node.
END
}

fail() {
  echo "$*" >&2
  exit 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
nodes=(node1 node2 node3)
export PATH=$PATH:/usr/sbin:/sbin
# Debian's, which Patroni runs on; the machine may have others.
python=/usr/bin/python3

main() {
  local command=${1:-}
  node='' dir='' option='' base=5500
  case $command in
    check) missing_here; exit ;;
    start | stop | status | url | leader | switchover | await) shift ;;
    kill | kill-postgres | restart | pause | resume | isolate | heal)
      node=${2:-}
      [[ " ${nodes[*]} " == *" $node "* ]] || { usage >&2; exit 2; }
      shift 2
      ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
  while (($#)); do
    case $command:$1 in
      start:--port) base=${2:-}; shift ;;
      stop:--keep | url:--hosts | url:--replicas) option=$1 ;;
      *:-*) usage >&2; exit 2 ;;
      *) [ -z "$dir" ] || { usage >&2; exit 2; }; dir=$1 ;;
    esac
    shift
  done
  [ -n "$dir" ] && [[ $base =~ ^[0-9]{1,5}$ ]] || { usage >&2; exit 2; }
  dir=$(realpath --canonicalize-missing "$dir")

  if [ "$command" = start ]; then prepare; elif [ ! -f "$dir/settings" ]; then fail "There is no cluster in $dir."; fi
  if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root. Later commands need the user of the namespaces as well.
    local status=0
    runuser -u postgres -- env -C "$dir" HA_PREPARED=1 bash "$dir/config/cluster.sh" \
      "$command" ${node:+"$node"} "$dir" ${option:+"$option"} || status=$?
    # The user may not be allowed to write to the folder around it.
    if [ "$command:$option" = stop: ] && [ "$status" = 0 ] && [ -d "$dir" ]; then rmdir "$dir"; fi
    exit "$status"
  fi
  # shellcheck source=/dev/null
  source "$dir/settings"
  "${command//-/_}"
}

# Says what this machine lacks, and fails then.
missing_here() {
  local missing=() as=()
  command -v patroni >/dev/null || missing+=(patroni)
  command -v etcd >/dev/null || missing+=(etcd-server)
  command -v haproxy >/dev/null || missing+=(haproxy)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v psql >/dev/null || missing+=(postgresql-client)
  [ -n "$(bin_folder)" ] || missing+=(postgresql)
  if ((${#missing[@]})); then
    fail "Not installed: ${missing[*]}. On Debian: apt-get install --no-install-recommends ${missing[*]}"
  fi
  [ "$(id -u)" != 0 ] || as=(runuser -u postgres --)
  "${as[@]}" unshare -Urn true 2>/dev/null ||
    fail 'Users may not create network namespaces here (unshare -Urn true), which keep the nodes apart.'
}

bin_folder() {
  find /usr/lib/postgresql -path '*/bin/postgres' -printf '%h\n' 2>/dev/null | sort -V | tail -n 1
}

# Checks what is needed, and fills DIR with copies of the files here, which its user may read.
prepare() {
  [ -z "${HA_PREPARED:-}" ] || return 0
  [ ! -e "$dir" ] || [ -z "$(ls -A "$dir")" ] || fail "$dir is in use. Give a folder that is empty or does not exist."
  missing_here

  local created=false
  [ -e "$dir" ] || created=true
  mkdir -p "$dir/config"
  cp "$here"/{cluster.sh,patroni.yml,create-database.sh,etcd.env,haproxy.cfg,loopback.cfg} "$dir/config/"
  if [ -f "$here/create-roles.sh" ]; then cp "$here/create-roles.sh" "$dir/config/"; else cp "$here/../postgres/create-roles.sh" "$dir/config/"; fi
  (
    umask 077
    {
      echo "base=$base"
      echo "bin=$(bin_folder)"
      local name
      for name in PATRONI_SUPERUSER_PASSWORD PATRONI_REPLICATION_PASSWORD PATRONI_REWIND_PASSWORD PATRONI_RESTAPI_PASSWORD \
        SHOP_OWNER_PASSWORD SHOP_API_PASSWORD; do
        echo "export $name=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
      done
    } >"$dir/settings"
  )
  chmod 700 "$dir"
  if [ "$(id -u)" = 0 ]; then
    chown -R postgres: "$dir"
    if ! runuser -u postgres -- test -r "$dir/settings"; then
      rm -r "${dir:?}"/*
      ! $created || rmdir "$dir"
      fail "The user postgres, who runs the cluster, may not enter the folders above $dir."
    fi
  fi
}

start() {
  mkdir -p "$dir/log" "$dir/run"
  trap end_start EXIT
  trap 'exit 130' INT TERM
  hold hub unshare -Urn
  in_hub ip link set lo up
  in_hub ip link add bridge type bridge
  in_hub ip address add 10.88.0.254/24 dev bridge
  in_hub ip link set bridge up
  local node
  for node in "${nodes[@]}"; do
    hold "$node" nsenter --target "$(holder hub)" --user --preserve-credentials unshare -n
    in_hub ip link add "$node" type veth peer name eth0 netns "$(holder "$node")"
    in_hub ip link set "$node" master bridge up
    as_root_of "$node" ip link set lo up
    as_root_of "$node" ip address add "$(address "$node")/24" dev eth0
    as_root_of "$node" ip link set eth0 up
  done
  start_haproxy
  for node in "${nodes[@]}"; do restart; done
  await
  trap - EXIT
  echo "The cluster runs in $dir, and stops with: ${BASH_SOURCE[0]} stop $dir"
}

# A cluster that did not start leaves its logs, and no process.
end_start() {
  local ended=$?
  trap - EXIT
  if [ "$ended" != 0 ]; then
    tail -n 5 "$dir"/log/* >&2
    stop_all
    echo "The cluster did not start. Its logs: $dir/log" >&2
  fi
  exit "$ended"
}

stop() {
  stop_all
  [ "$option" = --keep ] || { rm -rf "${dir:?}"/*; rmdir "$dir" 2>/dev/null || true; }
}

stop_all() {
  local node pids
  for node in "${nodes[@]}" hub; do
    while pids=$(pids_of "$node") && [ -n "$pids" ]; do signal KILL $pids; sleep 0.1; done
    rm -f "$dir/run/$node"
  done
}

restart() {
  local peers='' other
  for other in "${nodes[@]}"; do peers+=",$other=http://$(address "$other"):2380"; done
  mkdir -p "$dir/$node"
  (
    set -a
    # shellcheck source=/dev/null
    source "$dir/config/etcd.env"
    ETCD_NAME=$node
    ETCD_DATA_DIR=$dir/$node/etcd
    ETCD_LISTEN_PEER_URLS=http://$(address "$node"):2380
    ETCD_LISTEN_CLIENT_URLS=http://$(address "$node"):2379
    ETCD_INITIAL_ADVERTISE_PEER_URLS=$ETCD_LISTEN_PEER_URLS
    ETCD_ADVERTISE_CLIENT_URLS=$ETCD_LISTEN_CLIENT_URLS
    ETCD_INITIAL_CLUSTER=${peers#,}
    run_unless_running etcd etcd
  )
  (
    set -a
    PATRONI_NAME=$node
    PATRONI_ETCD_HOSTS=$(printf '%s:2379,' "$(address node1)" "$(address node2)")$(address node3):2379
    PATRONI_RESTAPI_LISTEN=$(address "$node"):8008
    PATRONI_RESTAPI_CONNECT_ADDRESS=$PATRONI_RESTAPI_LISTEN
    PATRONI_POSTGRESQL_LISTEN=$(address "$node"),127.0.0.1:5432
    PATRONI_POSTGRESQL_CONNECT_ADDRESS=$(address "$node"):5432
    PATRONI_POSTGRESQL_DATA_DIR=$dir/$node/data
    PATRONI_POSTGRESQL_PGPASS=$dir/$node/pgpass
    PATRONI_POSTGRESQL_BIN_DIR=$bin
    PATH=$bin:$PATH
    run_unless_running patroni patroni patroni.yml
  )
}

kill() {
  local pids
  while pids=$(pids_of "$node" | grep -vx "$(holder "$node")") && [ -n "$pids" ]; do signal KILL $pids; sleep 0.05; done
}

kill_postgres() {
  signal KILL "$(head -n 1 "$dir/$node/data/postmaster.pid")"
}

# Twice, since a process may have started another one meanwhile.
pause() {
  signal STOP $(pids_of "$node")
  signal STOP $(pids_of "$node")
}

resume() {
  signal CONT $(pids_of "$node")
}

isolate() {
  in_hub ip link set "$node" down
}

heal() {
  in_hub ip link set "$node" up
}

url() {
  local owner="mattshop_owner:$SHOP_OWNER_PASSWORD"
  case $option in
    --hosts)
      echo "postgres://$owner@127.0.0.1:$((base + 11)),127.0.0.1:$((base + 12)),127.0.0.1:$((base + 13))/mattshop?target_session_attrs=read-write"
      ;;
    --replicas) echo "postgres://$owner@127.0.0.1:$((base + 1))/mattshop" ;;
    *) echo "postgres://$owner@127.0.0.1:$base/mattshop" ;;
  esac
}

leader() { ask leader; }
status() { ask status; }
switchover() { ask switchover; }
await() { ask await; }

# Asks Patroni's REST interfaces.
ask() {
  "$python" - "$1" "$base" "$PATRONI_RESTAPI_PASSWORD" <<'END'
import base64, concurrent.futures, json, sys, time, urllib.error, urllib.request

what, base, password = sys.argv[1], int(sys.argv[2]), sys.argv[3]
nodes = {'node%d' % n: 'http://127.0.0.1:%d' % (base + 20 + n) for n in (1, 2, 3)}


def get(url, timeout=1.5):
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None
    except (OSError, ValueError):
        return None, None


def everywhere(path):
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        return dict(zip(nodes, pool.map(lambda url: get(url + path), nodes.values())))


def leader():
    return next((name for name, (status, _) in everywhere('/primary').items() if status == 200), None)


def status():
    name = leader()
    clusters = {node: body for node, (_, body) in everywhere('/cluster').items() if body}
    # A node that was cut off may still answer with what it knew last.
    newest = clusters.get(name) or next(iter(clusters.values()), {'members': []})
    return {
        'leader': name,
        'members': [
            {key: member.get(key) for key in ('name', 'role', 'state', 'timeline', 'lag')} for member in newest['members']
        ],
    }


def is_complete():
    now = status()
    roles = sorted(member['role'] for member in now['members'])
    states = {member['state'] for member in now['members']}
    # A former leader is running before it has been rewound, on the timeline that it led.
    timelines = {member['timeline'] for member in now['members']}
    return (
        now['leader']
        and roles == ['leader', 'replica', 'sync_standby']
        and states <= {'running', 'streaming'}
        and len(timelines) == 1
    )


if what == 'leader':
    name = leader()
    if not name:
        sys.exit('No node leads now.')
    print(name)
elif what == 'status':
    print(json.dumps(status()))
elif what == 'await':
    end = time.monotonic() + 120
    while not is_complete():
        if time.monotonic() > end:
            sys.exit('Not complete after 120 s: ' + json.dumps(status()))
        time.sleep(0.5)
else:
    name = leader()
    if not name:
        sys.exit('No node leads now.')
    request = urllib.request.Request(
        nodes[name] + '/switchover',
        json.dumps({'leader': name}).encode(),
        {
            'Authorization': 'Basic ' + base64.b64encode(('patroni:' + password).encode()).decode(),
            'Content-Type': 'application/json',
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            print(answer.read().decode())
    except urllib.error.HTTPError as error:
        sys.exit('Patroni refused: ' + error.read().decode())
END
}

# The ports are opened outside of the namespaces, and HAProxy inherits them.
start_haproxy() {
  export HA_NODE1 HA_NODE2 HA_NODE3
  HA_NODE1=$(address node1) HA_NODE2=$(address node2) HA_NODE3=$(address node3)
  cat >"$dir/run/listen.py" <<'END'
import os, socket, sys

base, command = int(sys.argv[1]), sys.argv[2:]
ports = {'PRIMARY': 0, 'REPLICAS': 1, 'METRICS': 2, 'NODE1': 11, 'NODE2': 12, 'NODE3': 13, 'REST1': 21, 'REST2': 22, 'REST3': 23}
for name, offset in ports.items():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(('127.0.0.1', base + offset))
    except (OSError, OverflowError) as error:
        sys.exit('Port %d cannot be used: %s' % (base + offset, error))
    listener.listen(1024)
    os.environ['HA_BIND_' + name] = 'fd@%d' % listener.detach()
    os.set_inheritable(int(os.environ['HA_BIND_' + name][3:]), True)
os.execvp(command[0], command)
END
  local namespaces=(nsenter --target "$(holder hub)" --user --net --preserve-credentials)
  "$python" "$dir/run/listen.py" "$base" "${namespaces[@]}" haproxy -c -q -f "$dir/config/haproxy.cfg" -f "$dir/config/loopback.cfg"
  setsid --fork "$python" "$dir/run/listen.py" "$base" "${namespaces[@]}" \
    haproxy -db -f "$dir/config/haproxy.cfg" -f "$dir/config/loopback.cfg" </dev/null >"$dir/log/haproxy.log" 2>&1
}

# hold NAME COMMAND...: keeps the namespaces that COMMAND makes.
hold() {
  local name=$1
  shift
  setsid --fork "$@" sh -c 'echo $$ >"$1.new"; mv "$1.new" "$1"; exec sleep infinity' hold "$dir/run/$name" </dev/null >/dev/null 2>>"$dir/log/namespaces.log"
  local count
  for ((count = 0; count < 100; count++)); do
    [ ! -s "$dir/run/$name" ] || return 0
    sleep 0.05
  done
  fail "The namespaces of $name could not be created."
}

holder() { cat "$dir/run/$1"; }
address() { echo "10.88.0.${1#node}"; }
as_root_of() { nsenter --target "$(holder "$1")" --user --net --preserve-credentials "${@:2}"; }
in_hub() { as_root_of hub "$@"; }

# run_unless_running LOG COMMAND...: in the node's network, as the user who runs this, whom PostgreSQL accepts.
run_unless_running() {
  local log=$1 pid
  shift
  for pid in $(pids_of "$node"); do
    [ "$(tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -cx -e "$1" -e ".*/$1")" = 0 ] || return 0
  done
  (cd "$dir/config" && setsid --fork nsenter --target "$(holder "$node")" --user --net --preserve-credentials \
    unshare --user --map-user="$(id -u)" --map-group="$(id -g)" -- "$@" </dev/null >>"$dir/log/$node-$log.log" 2>&1)
}

# Every process of a node is in its network.
pids_of() {
  local network
  network=$(readlink "/proc/$(holder "$1" 2>/dev/null)/ns/net" 2>/dev/null) || return 0
  network=${network//[/\\[}
  find /proc/[0-9]*/ns/net -maxdepth 0 -lname "${network//]/\\]}" 2>/dev/null | cut -d / -f 3 || true
}

# A process may have ended meanwhile.
signal() {
  local name=$1
  shift
  (($# == 0)) || command kill -s "$name" -- "$@" 2>/dev/null || true
}

main "$@"
