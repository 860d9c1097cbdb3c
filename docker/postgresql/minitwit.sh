#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
#
# Run once by the PostgreSQL image, when it has made the cluster: roles with their passwords, and the empty database. The
# schema is the migrate service's.
set -euo pipefail

# sql DATABASE, statements on standard input. Passwords come as variables of psql, which quotes them; its log has none.
sql() {
    psql -X -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$1" -f -
}

sql postgres <<'SQL'
\i /usr/local/share/minitwit/roles.sql
\set owner `cat /run/secrets/minitwit_owner_password`
\set site `cat /run/secrets/minitwit_site_password`
\set monitor `cat /run/secrets/monitor_password`
-- Nothing of what follows is for the server's log.
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = panic;
alter role minitwit_owner password :'owner';
alter role minitwit_site password :'site';
-- What the exporter of metrics logs in as.
create role minitwit_monitor login password :'monitor' in role pg_monitor;
create database minitwit owner minitwit_owner encoding 'UTF8' template template0;
revoke connect, temporary on database minitwit from public;
grant connect on database minitwit to minitwit_site, minitwit_monitor;
SQL
