#!/bin/sh
# Gives the database its two roles: mattshop_owner, which owns the tables and migrates them, and mattshop_api, which sells.
# The postgres image runs this when it creates a database. It can be repeated, to change the passwords, or for a database
# that one role has owned until now.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv owner_password SHOP_OWNER_PASSWORD
\getenv api_password SHOP_API_PASSWORD

select format('create role %I login', name)
from unnest(array['mattshop_owner', 'mattshop_api']) as name
where to_regrole(name) is null
\gexec

alter role mattshop_owner password :'owner_password';
alter role mattshop_api password :'api_password';
-- Lets the owner see what the sessions of the API do, and end them.
select 'grant mattshop_api to mattshop_owner'
where not pg_has_role('mattshop_owner', 'mattshop_api', 'member')
\gexec

alter database :"DBNAME" owner to mattshop_owner;
alter schema public owner to mattshop_owner;

select format('alter table %s owner to mattshop_owner', oid::regclass)
from pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and relowner <> 'mattshop_owner'::regrole
  and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')
\gexec

select format('alter routine %s owner to mattshop_owner', oid::regprocedure)
from pg_proc
where pronamespace = 'public'::regnamespace and proowner <> 'mattshop_owner'::regrole
  and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
\gexec
SQL
