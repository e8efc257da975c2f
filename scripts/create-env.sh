#!/bin/sh
# Writes a file .env with random passwords for docker compose, which only its owner can read. Leaves one that exists alone.
set -eu
file=${1:-.env}
if [ -e "$file" ]; then
  echo "$file exists, and stays as it is."
  exit 0
fi
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
postgres=$(random)
owner=$(random)
api=$(random)
# A pipe fails only if its last command does.
for password in "$postgres" "$owner" "$api"; do
  if [ ${#password} != 48 ]; then
    echo "Random passwords could not be made with od and /dev/urandom. $file was not written." >&2
    exit 1
  fi
done
umask 077
# noclobber: should another process write it at this moment, its passwords stay.
set -C
cat >"$file" <<END
# Settings of docker compose; docs/docker.md lists them. Keep the passwords: the database was created with them.
POSTGRES_PASSWORD=$postgres
SHOP_OWNER_PASSWORD=$owner
SHOP_API_PASSWORD=$api
END
echo "Wrote $file with random passwords."
