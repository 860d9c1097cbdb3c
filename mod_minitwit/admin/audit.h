/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_AUDIT_H
#define MT_AUDIT_H

#include "admin/plain.h"

/* Records what an operator does, in the transaction that does it. action: the command, such as "user passwd"; target: the user's
 * name or the message's id it was done to, or ""; details: a JSON object, or NULL. Never a password, a hash or the text of a message
 * in any of them. Each returns NULL, or the message for the operator, in pool. */
const char *mt_audit_add(PGconn *pg, apr_pool_t *pool, const char *action, const char *target, const char *details);

/* The same for what takes more than one transaction: the first makes the row when *id is 0, and sets *id; the others replace its
 * details. */
const char *mt_audit_note(PGconn *pg, apr_pool_t *pool, const char *action, const char *details, apr_int64_t *id);

/* Columns id, at, role, os_user, host, action, target, details; newest first. limit: a number as text; NULL: all. */
const char *mt_audit_each(PGconn *pg, apr_pool_t *pool, const char *limit, mt_plain_take_fn take, void *baton);

#endif
