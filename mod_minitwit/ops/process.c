/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ops/process.h"

#include "http/children.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct total_t {
    apr_uint64_t ticks;
    apr_uint64_t pages;
} total_t;

/* Fields of /proc/PID/stat, as proc(5) numbers them. */
enum {
    FIELD_STATE = 3,
    FIELD_UTIME = 14,
    FIELD_STIME = 15,
    FIELD_CUTIME = 16,
    FIELD_CSTIME = 17,
    FIELD_RSS = 24
};

/* Returns the fields from the third one on, or NULL if the file cannot be read. The second field is the program's name
 * in parentheses. It may contain any character, so the last parenthesis of the line ends it. */
static const char *read_fields(pid_t pid, char *line, size_t size)
{
    char name[32];
    FILE *file;

    snprintf(name, sizeof(name), "/proc/%ld/stat", (long)pid);
    file = fopen(name, "re");
    if (!file)
        return NULL;
    size_t len = fread(line, 1, size - 1, file);
    fclose(file);
    line[len] = '\0';
    const char *end = strrchr(line, ')');
    return end ? end + 1 : NULL;
}

static apr_uint64_t get_number(const char *fields, int wanted)
{
    for (int field = FIELD_STATE; *fields; field++) {
        fields += strspn(fields, " ");
        if (field == wanted)
            return strtoull(fields, NULL, 10);
        fields += strcspn(fields, " ");
    }
    return 0;
}

/* Adds the numbers of a process. with_ended: also those of its children that have ended. Returns 0 if the process
 * cannot be read. */
static int add(total_t *total, pid_t pid, int with_ended)
{
    char line[1024];
    const char *fields = read_fields(pid, line, sizeof(line));

    if (!fields)
        return 0;
    total->ticks += get_number(fields, FIELD_UTIME) + get_number(fields, FIELD_STIME);
    if (with_ended)
        total->ticks += get_number(fields, FIELD_CUTIME) + get_number(fields, FIELD_CSTIME);
    total->pages += get_number(fields, FIELD_RSS);
    return 1;
}

static void add_child(void *baton, pid_t pid)
{
    if (pid != mt_children_parent())
        add(baton, pid, 0);
}

void mt_ops_process_measure(mt_process_t *process)
{
    total_t total = { 0, 0 };
    long ticks = sysconf(_SC_CLK_TCK);
    long page = sysconf(_SC_PAGESIZE);

    mt_children_each(add_child, &total);
    /* Read the parent last. A child that ends in the meantime may then count twice, for a moment. In the other order it
     * would not count at all. */
    process->is_known = add(&total, mt_children_parent(), 1);
    process->cpu = (double)mt_children_raise_cpu(total.ticks) / (double)(ticks > 0 ? ticks : 100);
    process->memory = (double)total.pages * (double)(page > 0 ? page : 4096);
}
