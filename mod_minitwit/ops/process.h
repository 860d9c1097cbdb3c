/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_PROCESS_H
#define MT_PROCESS_H

/* What all of httpd's processes use together, the parent and every child. Read from /proc, see proc(5). */
typedef struct mt_process_t {
    int is_known;  /* 0: /proc does not show other processes (hidepid), or there is none */
    double cpu;    /* seconds, user and system, those that have ended included; never less than before */
    double memory; /* resident, in bytes; what several processes share counts in each */
} mt_process_t;

/* To be called in a child process. */
void mt_ops_process_measure(mt_process_t *process);

#endif
