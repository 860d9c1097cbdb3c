/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/process.h"

#include "http/children.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct total_t {
    apr_uint64_t ticks;
    apr_uint64_t pages;
} total_t;

/* Reads /proc/PID/stat. Its second field is the program's name in parentheses, which may hold anything; those behind it are
 * numbers, but for the third. */
static int read_stat(pid_t pid, char *line, size_t size)
{
    char name[32];
    FILE *file;

    snprintf(name, sizeof(name), "/proc/%ld/stat", (long)pid);
    file = fopen(name, "re");
    if (!file)
        return 0;
    size_t len = fread(line, 1, size - 1, file);
    fclose(file);
    line[len] = '\0';
    return 1;
}

/* with_ended: its children that have ended count, too. */
static void add(total_t *total, pid_t pid, int with_ended)
{
    unsigned long long user, system, ended_user, ended_system;
    long long resident;
    char line[1024];
    const char *fields;

    if (!read_stat(pid, line, sizeof(line)) || !(fields = strrchr(line, ')')))
        return;
    /* Fields 3 to 13, then utime, stime, cutime and cstime, six more, and rss as field 24. */
    if (sscanf(fields + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %*d %*d %*u %*u %lld", &user,
               &system, &ended_user, &ended_system, &resident) != 5)
        return;
    total->ticks += user + system + (with_ended ? ended_user + ended_system : 0);
    total->pages += resident > 0 ? (apr_uint64_t)resident : 0;
}

static void add_child(void *baton, pid_t pid)
{
    if (pid != mt_children_parent())
        add(baton, pid, 0);
}

void mt_process_measure(mt_process_t *process)
{
    total_t total = { 0, 0 };
    long ticks = sysconf(_SC_CLK_TCK);
    long page = sysconf(_SC_PAGESIZE);

    mt_children_each(add_child, &total);
    /* The parent last: a child that ends meanwhile is rather counted twice than not at all, which would look like a new start. */
    add(&total, mt_children_parent(), 1);
    process->cpu = (double)mt_children_raise_cpu(total.ticks) / (double)(ticks > 0 ? ticks : 100);
    process->memory = (double)total.pages * (double)(page > 0 ? page : 4096);
}
