/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_AUDIT_H
#define MT_AUDIT_H

#include "admin/plain.h"

/* The audit log of operators' commands. Each row belongs to the transaction of its change, so neither exists without
 * the other. The row of a command that reads personal data is committed before the command prints the first byte, so it
 * exists even if the command ends early. Each function returns NULL, or the message for the operator, in pool. */

/* Adds a row. action is the command, for example "user passwd". target is the username or message id that it affects,
 * or "". details is a JSON object, or NULL. None of them may contain a password, a hash or the text of a message. */
const char *mt_audit_add(PGconn *pg, apr_pool_t *pool, const char *action, const char *target, const char *details);

/* The same for a command of several transactions. If *id is 0, it adds the row and sets *id. Afterwards it replaces the
 * row's details. */
const char *mt_audit_note(PGconn *pg, apr_pool_t *pool, const char *action, const char *details, apr_int64_t *id);

/* Lists the rows, newest first, with the columns id, at, role, os_user, host, action, target, details. limit is a
 * number as text, or NULL for all. */
const char *mt_audit_each(PGconn *pg, apr_pool_t *pool, const char *limit, mt_plain_take_fn take, void *baton);

#endif
