-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- The two roles of a MiniTwit site. Run it once a cluster, as a superuser; running it again does no harm:
--
--     psql -d postgres -f roles.sql
--
-- minitwit_owner owns the database and may change the schema: minitwitctl migrate works as this role.
-- minitwit_site  is what httpd connects as. It may do what the site's statements need and nothing else; the migrations
--                grant it that.
--
-- They have no password, so that nobody logs in by one until it is set (\password minitwit_site in psql).

do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'minitwit_owner') then
        create role minitwit_owner;
    end if;
    if not exists (select from pg_catalog.pg_roles where rolname = 'minitwit_site') then
        create role minitwit_site;
    end if;
end
$$;

alter role minitwit_owner with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
alter role minitwit_site with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;

-- Messages and hashes travel as parameters of statements. They stay out of PostgreSQL's log, also when somebody has slow or all
-- statements logged, and so do the rows that its error messages may quote.
do $$
begin
    alter role minitwit_site set log_parameter_max_length = 0;
    alter role minitwit_site set log_parameter_max_length_on_error = 0;
    alter role minitwit_site set log_error_verbosity = terse;
    -- minitwitctl user add and user passwd send a hash.
    alter role minitwit_owner set log_parameter_max_length = 0;
    alter role minitwit_owner set log_parameter_max_length_on_error = 0;
exception
    when insufficient_privilege then
        raise warning 'only a superuser can keep what people write out of this server''s log: see docs/logging.md';
end
$$;
