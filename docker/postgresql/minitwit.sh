#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
#
# The PostgreSQL image runs this once, after it has made the cluster. It makes the roles with their passwords, and the
# empty database. The service migrate makes the schema.
set -euo pipefail

# sql DATABASE: runs the statements on standard input. psql quotes the passwords, which are variables.
sql() {
    psql -X -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$1" -f -
}

sql postgres <<'SQL'
\i /usr/local/share/minitwit/roles.sql
-- The first line without the CR of a CRLF, as the image's entrypoint reads it.
\set owner `head -n 1 /run/secrets/minitwit_owner_password | tr -d '\r'`
\set site `head -n 1 /run/secrets/minitwit_site_password | tr -d '\r'`
\set monitor `head -n 1 /run/secrets/monitor_password | tr -d '\r'`
-- Keep the passwords out of the server's log.
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = panic;
alter role minitwit_owner password :'owner';
alter role minitwit_site password :'site';
-- The role of the exporter of metrics.
create role minitwit_monitor login password :'monitor' in role pg_monitor;
create database minitwit owner minitwit_owner encoding 'UTF8' template template0;
SQL
