/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/commands.h"

#include "core/escape.h"
#include "store/readiness.h"
#include "store/schema.h"
#include "store/statistics.h"

#include <apr_strings.h>

/* Counting millions of rows takes long. */
#define TIMEOUT apr_time_from_sec(60)

static const char help[] =
    "Usage: minitwitctl status [--dsn CONNINFO] [--json]\n"
    "Checks whether the database is ready for the site, and counts its rows. Exits with 0 if it is\n"
    "ready, otherwise with 1. Connect as httpd does, to see the same as httpd.\n"
    "\n"
    "Options:\n"
    "  --json           print one JSON object\n"
    "  --dsn CONNINFO   libpq connection string or URI\n"
    "  --help           show this help\n";

typedef struct state_t {
    const char *server, *database, *role;
    mt_schema_t schema;
    const char *problem; /* why the database is not ready; NULL: it is ready */
    int counted;
    mt_statistics_t statistics;
    mt_statistics_state_t now;
} state_t;

static const char *describe_error(const mt_ctl_t *ctl, const mt_connection_t *connection)
{
    const mt_store_error_t *error = mt_connection_error(connection);

    return apr_psprintf(ctl->pool, "%s: %s%s%s%s. %s", error->statement, error->text,
                        *error->sqlstate ? " (SQLSTATE " : "", error->sqlstate, *error->sqlstate ? ")" : "",
                        mt_failure_advise(error));
}

static void load_state(const mt_ctl_t *ctl, PGconn *pg, state_t *state)
{
    mt_connection_t *connection = mt_connection_wrap(ctl->pool, pg, NULL, TIMEOUT);
    apr_status_t rv;

    /* Copied, because a lost connection frees them. */
    state->server = apr_pstrdup(ctl->pool, PQparameterStatus(pg, "server_version"));
    state->database = apr_pstrdup(ctl->pool, PQdb(pg));
    state->role = apr_pstrdup(ctl->pool, PQuser(pg));
    rv = mt_schema_load(connection, &state->schema);
    mt_schema_fit_t fit = mt_schema_fit(&state->schema);
    if (rv == APR_SUCCESS && fit == MT_SCHEMA_FITS)
        rv = mt_statistics_load(connection, &state->statistics);
    if (rv == APR_SUCCESS && fit == MT_SCHEMA_FITS)
        rv = mt_statistics_load_state(connection, &state->now);
    if (rv != APR_SUCCESS)
        state->problem = describe_error(ctl, connection);
    else if (fit != MT_SCHEMA_FITS)
        state->problem = apr_pstrcat(ctl->pool, mt_schema_describe(&state->schema, ctl->pool), ". ",
                                     mt_schema_advise(&state->schema), NULL);
    else {
        mt_readiness_t readiness;
        int trial = 0;
        state->counted = 1;
        mt_readiness_check(connection, &trial, ctl->pool, &readiness);
        if (readiness.state != MT_READINESS_READY)
            state->problem = apr_pstrcat(ctl->pool, readiness.problem, ". ", readiness.advice, NULL);
    }
}

static const char *format_text(const mt_ctl_t *ctl, const state_t *state)
{
    const mt_statistics_t *counts = &state->statistics;
    const char *text =
        apr_psprintf(ctl->pool,
                     "server     PostgreSQL %s\n"
                     "database   %s\n"
                     "role       %s\n"
                     "schema     version %d, needed %d\n",
                     state->server, state->database, state->role, state->schema.version, MT_SCHEMA_VERSION);

    if (state->counted)
        text = apr_psprintf(ctl->pool,
                            "%susers      %" APR_INT64_T_FMT "\n"
                            "messages   %" APR_INT64_T_FMT ", of which %" APR_INT64_T_FMT " flagged\n"
                            "follows    %" APR_INT64_T_FMT "\n"
                            "sessions   %" APR_INT64_T_FMT "\n"
                            "search     its index lacks at most %" APR_INT64_T_FMT " of the messages\n",
                            text, counts->users, counts->messages, state->now.messages_flagged, counts->follows,
                            state->now.sessions, state->now.search_pending);
    return apr_pstrcat(ctl->pool, text, state->problem ? "not ready: " : "ready", state->problem ? state->problem : "",
                       "\n", NULL);
}

static const char *format_json(const mt_ctl_t *ctl, const state_t *state)
{
    const mt_statistics_t *counts = &state->statistics;
    mt_buffer_t json;

    mt_buffer_init(&json, ctl->pool, 512);
    mt_buffer_append_text(&json, state->problem ? "{\"ready\":false" : "{\"ready\":true");
    mt_escape_json_member(&json, "problem", state->problem);
    mt_escape_json_member(&json, "server_version", state->server);
    mt_escape_json_member(&json, "database", state->database);
    mt_escape_json_member(&json, "role", state->role);
    mt_buffer_append_text(&json, apr_psprintf(ctl->pool, ",\"schema_version\":%s,\"schema_version_needed\":%d",
                                              state->server ? apr_itoa(ctl->pool, state->schema.version) : "null",
                                              MT_SCHEMA_VERSION));
    if (state->counted)
        mt_buffer_append_text(
            &json, apr_psprintf(ctl->pool,
                                ",\"users\":%" APR_INT64_T_FMT ",\"messages\":%" APR_INT64_T_FMT
                                ",\"messages_flagged\":%" APR_INT64_T_FMT ",\"follows\":%" APR_INT64_T_FMT
                                ",\"sessions_active\":%" APR_INT64_T_FMT ",\"search_pending\":%" APR_INT64_T_FMT,
                                counts->users, counts->messages, state->now.messages_flagged, counts->follows,
                                state->now.sessions, state->now.search_pending));
    mt_buffer_append_text(&json, "}\n");
    return mt_buffer_text(&json);
}

static const char *print_status(const mt_ctl_t *ctl, state_t *state, int as_json)
{
    PGconn *pg;
    const char *message = mt_ctl_connect(ctl, &pg);

    if (message && !as_json)
        return message;
    if (message)
        state->problem = message;
    else
        load_state(ctl, pg, state);
    PQfinish(pg);
    return mt_ctl_print(as_json ? format_json(ctl, state) : format_text(ctl, state));
}

int mt_ctl_status_run(mt_ctl_t *ctl, int argc, char **argv)
{
    state_t state = { .problem = NULL };
    int as_json = 0;
    const mt_ctl_option_t options[] = { { "json", NULL, &as_json }, { NULL, NULL, NULL } };
    int status = mt_ctl_parse(ctl, argc, argv, help, options);

    if (status != MT_CTL_GO_ON)
        return status;
    status = mt_ctl_finish(ctl, print_status(ctl, &state, as_json));
    return state.problem ? MT_CTL_FAILED : status;
}
