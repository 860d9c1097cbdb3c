/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* replay [TARGET FILE...]: runs each target on its corpus, or one on the files named. Each target has a process of its
 * own, so that all of them run even when one crashes. */

/* Ends the process when the file cannot be read: a corpus that is not there proves nothing. */
static void run_file(const fuzz_target_t *target, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *data = NULL;
    long len;

    if (!file || fseek(file, 0, SEEK_END) != 0 || (len = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0) {
        perror(path);
        exit(1);
    }
    /* Of exactly the file's size, so that a sanitizer sees a byte too much being read. */
    data = malloc((size_t)len);
    if ((!data && len > 0) || fread(data, 1, (size_t)len, file) != (size_t)len) {
        perror(path);
        exit(1);
    }
    fclose(file);
    fprintf(stderr, "%s\n", path);
    fuzz_run(target, data, (apr_size_t)len);
    free(data);
}

static void run_corpus(const fuzz_target_t *target)
{
    char folder[4096];
    struct dirent **entries;
    int count;
    int found = 0;

    snprintf(folder, sizeof(folder), "%s/%s", FUZZ_CORPUS, target->name);
    count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[8192];

        if (entries[i]->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
            run_file(target, path);
            found++;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (found == 0) {
        fprintf(stderr, "%s: no corpus\n", folder);
        exit(1);
    }
    printf("%s: %d inputs\n", target->name, found);
}

/* Whether the target's process ended well. What it says on the way is shown only when it did not. */
static int passes(const fuzz_target_t *target)
{
    FILE *said = tmpfile();
    int status = 0;
    pid_t child;
    char line[1024];

    fflush(stdout);
    child = said ? fork() : -1;
    if (child < 0) {
        perror("replay");
        return 0;
    }
    if (child == 0) {
        dup2(fileno(said), STDERR_FILENO);
        fuzz_initialize();
        run_corpus(target);
        exit(0);
    }
    if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        fclose(said);
        return 1;
    }
    rewind(said);
    while (fgets(line, sizeof(line), said))
        fputs(line, stdout);
    fclose(said);
    printf("%s FAILED; the last file above is at fault\n", target->name);
    return 0;
}

int main(int argc, char **argv)
{
    int passed = 0;
    int failed = 0;

    if (argc > 1) {
        const fuzz_target_t *target = fuzz_find(argv[1]);

        if (!target || argc < 3) {
            fprintf(stderr, "usage: %s [TARGET FILE...]\n", argv[0]);
            return 2;
        }
        fuzz_initialize();
        for (int i = 2; i < argc; i++)
            run_file(target, argv[i]);
        return 0;
    }
    for (const fuzz_target_t *target = fuzz_targets; target->name; target++) {
        if (passes(target))
            passed++;
        else
            failed++;
    }
    printf("fuzz: %d passed, %d failed\n", passed, failed);
    return failed != 0;
}
