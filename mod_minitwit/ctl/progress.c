/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/progress.h"

#include <stdio.h>
#include <unistd.h>

#define PAUSE apr_time_from_msec(200)

void mt_ctl_progress_begin(mt_progress_t *progress, const char *label, apr_int64_t total)
{
    *progress = (mt_progress_t){ .label = label, .total = total, .is_terminal = isatty(STDERR_FILENO) };
    progress->began = apr_time_now();
}

static void show(const mt_progress_t *progress, apr_time_t took)
{
    double rate = took > 0 ? (double)progress->done / ((double)took / APR_USEC_PER_SEC) : 0;
    apr_int64_t done = progress->done < progress->total ? progress->done : progress->total;
    int percent = progress->total > 0 ? (int)(100.0 * (double)done / (double)progress->total) : 100;
    long rest = rate > 0 ? (long)((double)(progress->total - done) / rate) : 0;

    fprintf(stderr, "\r%s: %" APR_INT64_T_FMT " of %" APR_INT64_T_FMT ", %d%%, %.0f/s, %ld:%02ld left\033[K",
            progress->label, done, progress->total, percent, rate, rest / 60, rest % 60);
    fflush(stderr);
}

void mt_ctl_progress_set(mt_progress_t *progress, apr_int64_t done)
{
    apr_time_t now = apr_time_now();

    progress->done = done;
    if (!progress->is_terminal || now - progress->shown < PAUSE)
        return;
    progress->shown = now;
    show(progress, now - progress->began);
}

void mt_ctl_progress_end(mt_progress_t *progress)
{
    if (progress->is_terminal && progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = 0;
}
