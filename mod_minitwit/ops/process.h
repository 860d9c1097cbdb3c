/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PROCESS_H
#define MT_PROCESS_H

/* The resources that httpd's parent and all its children use together, read from /proc (proc(5)). */
typedef struct mt_process_t {
    int is_known;  /* 0: there is no /proc, or it hides the parent (hidepid) */
    double cpu;    /* seconds, user and system, including children that have ended; never decreases */
    double memory; /* resident, in bytes; memory that processes share counts once for each of them */
} mt_process_t;

/* Call this in a child process. */
void mt_ops_process_measure(mt_process_t *process);

#endif
