/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "admin/contents.h"

#include "admin/plain.h"
#include "store/value.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* The text form of a row must not depend on the settings of the role. */
#define SETTINGS                                                                                                       \
    "select set_config('DateStyle', 'ISO, YMD', false), set_config('TimeZone', 'UTC', false), "                        \
    "set_config('bytea_output', 'hex', false), set_config('client_encoding', 'UTF8', false), "                         \
    "set_config('statement_timeout', '0', false)"

/* query_to_xml runs a query whose text is built from the table names, so the statement covers all tables. The digest is
 * a sum, because a sum does not depend on the order of rows. The sequence of an identity column only grows. A sequence
 * without a column can be set to any value. */
#define PARTS                                                                                                          \
    "select c.relname collate \"C\" as name, (xpath('//n/text()', x))[1]::text, (xpath('//d/text()', x))[1]::text, "   \
    "false "                                                                                                           \
    "from pg_class c, lateral query_to_xml(format('select count(*) as n, coalesce(sum((''x'' || left(md5(t::text), "   \
    "15))::bit(60)::bigint), 0) as d from public.%I t', c.relname), false, true, '') x "                               \
    "where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' "                                               \
    "union all select sequencename collate \"C\", coalesce(last_value, start_value - 1)::text, '', not exists "        \
    "(select from pg_depend where classid = 'pg_class'::regclass and objid = format('public.%I', "                     \
    "sequencename)::regclass and refclassid = 'pg_class'::regclass and refobjsubid > 0 and deptype in ('i', 'a')) "    \
    "from pg_sequences where schemaname = 'public' order by 1"

const char *mt_contents_load(PGconn *pg, apr_pool_t *pool, mt_contents_t *contents)
{
    PGresult *result;
    const char *message = mt_plain_do(pg, pool, SETTINGS, 0, NULL);

    if (!message)
        message = mt_plain_run(pg, pool, "select max(version) from public.schema_version", 0, NULL, &result);
    if (message)
        return message;
    contents->schema_version = (int)mt_value_integer(result, 0, 0);
    PQclear(result);
    message = mt_plain_run(pg, pool, PARTS, 0, NULL, &result);
    if (message)
        return message;
    contents->parts = apr_array_make(pool, PQntuples(result), sizeof(mt_contents_part_t));
    for (int row = 0; row < PQntuples(result); row++) {
        mt_contents_part_t *part = apr_array_push(contents->parts);
        part->name = mt_value_text(pool, result, row, 0);
        part->rows = mt_value_integer(result, row, 1);
        part->digest = mt_value_text(pool, result, row, 2);
        part->is_set = *PQgetvalue(result, row, 3) == 't';
    }
    PQclear(result);
    return NULL;
}

static const mt_contents_part_t *find(const mt_contents_t *contents, const char *name)
{
    for (int i = 0; i < contents->parts->nelts; i++) {
        const mt_contents_part_t *part = &APR_ARRAY_IDX(contents->parts, i, mt_contents_part_t);
        if (strcmp(part->name, name) == 0)
            return part;
    }
    return NULL;
}

static const char *compare_part(apr_pool_t *pool, const mt_contents_part_t *wanted, const mt_contents_part_t *found)
{
    if (!found)
        return apr_psprintf(pool, "\"%s\" is missing", wanted->name);
    /* A sequence has no digest and is not part of a snapshot. It may have changed between this query and the dump. */
    if (found->is_set)
        return NULL;
    if (found->rows != wanted->rows && (*wanted->digest || found->rows < wanted->rows))
        return apr_psprintf(pool, "the %s of \"%s\" is %" APR_INT64_T_FMT " instead of %" APR_INT64_T_FMT,
                            *wanted->digest ? "number of rows" : "value", wanted->name, found->rows, wanted->rows);
    if (strcmp(found->digest, wanted->digest) != 0)
        return apr_psprintf(pool, "\"%s\" has the same number of rows, but different contents", wanted->name);
    return NULL;
}

const char *mt_contents_compare(apr_pool_t *pool, const mt_contents_t *wanted, const mt_contents_t *found)
{
    const char *difference = NULL;

    if (found->schema_version != wanted->schema_version)
        return apr_psprintf(pool, "the schema has version %d instead of %d", found->schema_version,
                            wanted->schema_version);
    for (int i = 0; i < wanted->parts->nelts && !difference; i++) {
        const mt_contents_part_t *part = &APR_ARRAY_IDX(wanted->parts, i, mt_contents_part_t);
        difference = compare_part(pool, part, find(found, part->name));
    }
    for (int i = 0; i < found->parts->nelts && !difference; i++) {
        const mt_contents_part_t *part = &APR_ARRAY_IDX(found->parts, i, mt_contents_part_t);
        if (!find(wanted, part->name))
            difference = apr_psprintf(pool, "\"%s\" is not in the backup", part->name);
    }
    return difference;
}
