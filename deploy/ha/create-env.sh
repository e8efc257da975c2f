#!/bin/sh
# Adds to a file .env what docker-compose.yml of this folder needs besides: random passwords of the cluster's own roles, and of
# Patroni's REST interface. Creates the file, if it does not exist. Leaves passwords alone that it has.
set -eu
file=${1:-.env}
"$(dirname "$0")/../../scripts/create-env.sh" "$file"
for name in PATRONI_SUPERUSER_PASSWORD PATRONI_REPLICATION_PASSWORD PATRONI_REWIND_PASSWORD PATRONI_RESTAPI_PASSWORD; do
  if grep -q "^$name=" "$file"; then continue; fi
  password=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
  if [ ${#password} != 48 ]; then
    echo "Random passwords could not be made with od and /dev/urandom." >&2
    exit 1
  fi
  echo "$name=$password" >>"$file"
done
echo "$file has the passwords of the cluster."
