/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_CTL_H
#define MT_CTL_H

#include "store/connection.h"

/* Results. Below a command's mt_ctl_*_run, a function that can fail returns NULL, or the message for the operator. The
 * message is constant, or in ctl->pool. Only *_run and main return the exit codes below, and only they print a message:
 * through mt_ctl_finish or mt_ctl_fail, and through mt_ctl_refuse if the command line is wrong. mt_ctl_parse,
 * mt_ctl_parse_one and mt_ctl_number do a part of *_run: they return MT_CTL_GO_ON, or the exit code for *_run. */
#define MT_CTL_OK     0
#define MT_CTL_FAILED 1
#define MT_CTL_USAGE  2

#define MT_CTL_GO_ON (-1) /* no exit code: *_run continues */

/* The context of a command. */
typedef struct mt_ctl_t {
    apr_pool_t *pool;
    const char *program; /* minitwitctl or flag_tool, for messages */
    const char *command; /* the name, of one or two words; NULL before it is known */
    const char *dsn;  /* libpq's connection string; if "", libpq uses its environment. --dsn may stand before or after
                       * the command's name. */
    int as_json;      /* --json was given: set by mt_ctl_parse */
    int operands_max; /* the most operands that the command accepts; it sets this before it parses */
    int operand_count;
    char **operands;
} mt_ctl_t;

/* An option of one command. */
typedef struct mt_ctl_option_t {
    const char *name;
    const char **text; /* set to the option's value; NULL: it has no value */
    int *flag;         /* set to 1, for an option without a value; with text, the option may be repeated: *text gets all
                        * values, one per line */
} mt_ctl_option_t;

/* Reads the options in argv, which are --dsn, --help and own (own ends with a row without a name), and the operands.
 * Refuses more than operands_max operands. Before the command is known, it stops at the first operand, argv[optind].
 * Returns MT_CTL_GO_ON, or the exit code. */
int mt_ctl_parse(mt_ctl_t *ctl, int argc, char **argv, const char *help, const mt_ctl_option_t *own);

/* The same for a command that needs one operand. The message names it, such as "the backup". */
int mt_ctl_parse_one(mt_ctl_t *ctl, int argc, char **argv, const char *help, const mt_ctl_option_t *own,
                     const char *operand);

/* Prints a message on standard error, after the names of the program and the command. *_run also prints warnings with
 * it. */
__attribute__((format(printf, 2, 3))) void mt_ctl_complain(const mt_ctl_t *ctl, const char *format, ...);

/* Prints a message in the same way, and with --json also an object with the member "error" on standard output. Returns
 * MT_CTL_FAILED. */
int mt_ctl_fail(const mt_ctl_t *ctl, const char *message);

/* Ends *_run: fails with the message, or returns MT_CTL_OK if it is NULL. */
int mt_ctl_finish(const mt_ctl_t *ctl, const char *message);

/* Joins two messages, each of which may be NULL. The second gets a line of its own, as if mt_ctl_fail had printed it.
 */
const char *mt_ctl_join(const mt_ctl_t *ctl, const char *first, const char *second);

/* Checks that the value of an option is a number from 1 to max, and removes signs and spaces from it. *text may be
 * NULL. Returns MT_CTL_GO_ON, or refuses. */
int mt_ctl_number(const mt_ctl_t *ctl, const char *option, apr_int64_t max, const char **text);

/* Prints a message about the command line, and a hint at --help. Returns MT_CTL_USAGE. */
__attribute__((format(printf, 2, 3))) int mt_ctl_refuse(const mt_ctl_t *ctl, const char *format, ...);

/* Connects with the client encoding UTF-8. On failure, *pg is NULL, which PQfinish accepts. */
const char *mt_ctl_connect(const mt_ctl_t *ctl, PGconn **pg);

/* The same for another database on the same server. */
const char *mt_ctl_connect_to(const mt_ctl_t *ctl, const char *database, PGconn **pg);

/* Prints a text to standard output, and flushes it. Also fails if printing there has failed before. */
const char *mt_ctl_print(const char *text);

#endif
