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

/* What every command gets. */
typedef struct mt_ctl_t {
    apr_pool_t *pool;
    const char *program; /* what it was called as */
    const char *command; /* its name, of one word or two */
    const char *dsn;     /* libpq's connection string; "": as libpq's environment says. A command may set it by its own
                          * --dsn, which counts as well after the command as before it. */
    int operands_max;    /* set by a command before it parses: how many arguments it takes besides options */
    int operand_count;   /* how many there were; the first is operands[0] */
    char **operands;
} mt_ctl_t;

/* An option of a command's own. */
typedef struct mt_ctl_option_t {
    const char *name;
    const char **text; /* set to what stands behind it; NULL: it takes nothing */
    int *flag;         /* set to 1 by one that takes nothing */
} mt_ctl_option_t;

/* Reads the options of argv: --dsn, --help, and own ones (ends with a row without a name), and the command's operands,
 * of which more than operands_max are refused. Before there is a command, only the options at the front count, and the
 * first other argument is argv[optind]. Returns MT_CTL_GO_ON, or what to exit with. */
int mt_ctl_parse(mt_ctl_t *ctl, int argc, char **argv, const char *help, const mt_ctl_option_t *own);

/* The same for a command that takes one operand, and refuses to do without it. what: it is, such as "the backup". */
int mt_ctl_parse_one(mt_ctl_t *ctl, int argc, char **argv, const char *help, const mt_ctl_option_t *own,
                     const char *what);

/* Prints a message on standard error, after the names of the program and the command. *_run also prints warnings so. */
__attribute__((format(printf, 2, 3))) void mt_ctl_complain(const mt_ctl_t *ctl, const char *format, ...);

/* Prints a message in the same way. Returns MT_CTL_FAILED. */
int mt_ctl_fail(const mt_ctl_t *ctl, const char *message);

/* Ends *_run: fails with the message, or returns MT_CTL_OK if it is NULL. */
int mt_ctl_finish(const mt_ctl_t *ctl, const char *message);

/* Joins two messages, each of which may be NULL. The second gets a line of its own, as if mt_ctl_fail
 * had printed it. */
const char *mt_ctl_join(const mt_ctl_t *ctl, const char *first, const char *second);

/* Reads the number behind an option, from 1 to max; *text, if it is not NULL, becomes its plain form. Returns
 * MT_CTL_GO_ON, or refuses. */
int mt_ctl_number(const mt_ctl_t *ctl, const char *option, apr_int64_t max, const char **text);

/* Says what makes no sense and points at --help. Returns MT_CTL_USAGE. */
__attribute__((format(printf, 2, 3))) int mt_ctl_refuse(const mt_ctl_t *ctl, const char *format, ...);

/* Connects; texts are UTF-8. On failure, *pg is NULL, which PQfinish accepts. */
const char *mt_ctl_connect(const mt_ctl_t *ctl, PGconn **pg);

/* The same, to another database of that server. */
const char *mt_ctl_connect_to(const mt_ctl_t *ctl, const char *database, PGconn **pg);

/* Writes a text to standard output, and flushes it. It is a failure, too, if the reader has closed the pipe. */
const char *mt_ctl_print(const char *text);

#endif
