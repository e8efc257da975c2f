#!/bin/sh
# Writes a file .env with random passwords for docker compose, which only its owner can read. Leaves one that exists alone.
set -eu
file=${1:-.env}
if [ -e "$file" ]; then
  echo "$file exists, and stays as it is."
  exit 0
fi
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
umask 077
# noclobber: should another process write it at this moment, its passwords stay.
set -C
cat >"$file" <<END
# Settings of docker compose; docs/docker.md lists them. Keep the passwords: the database was created with them.
POSTGRES_PASSWORD=$(random)
SHOP_OWNER_PASSWORD=$(random)
SHOP_API_PASSWORD=$(random)
END
echo "Wrote $file with random passwords."
