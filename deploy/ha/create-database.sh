#!/bin/sh
# Patroni runs this once, on the first leader of a new cluster, with a connection string: creates the shop's database and its
# roles. The passwords of the roles are in SHOP_OWNER_PASSWORD and SHOP_API_PASSWORD.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname "$1" --command 'create database mattshop'
# Patroni's file of passwords knows the server by these names.
host=$(expr " $1" : '.* host=\([^ ]*\)')
port=$(expr " $1" : '.* port=\([^ ]*\)')
PGHOST=$host PGPORT=$port POSTGRES_USER=postgres POSTGRES_DB=mattshop sh ./create-roles.sh
