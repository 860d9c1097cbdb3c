/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* replay [TARGET FILE...]: runs each target on its corpus, or one target on the named files. Each target has its own
 * process, so that all of them run even if one crashes. */

/* Ends the process if the file cannot be read, because a missing corpus would test nothing. */
static void run_file(const fuzz_target_t *target, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *data = NULL;
    long len;

    if (!file || fseek(file, 0, SEEK_END) != 0 || (len = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0) {
        perror(path);
        exit(1);
    }
    /* The block has exactly the file's size, so that a sanitizer sees a read beyond it. */
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

/* Returns 1 if the target's process succeeds. Otherwise prints its output. */
static int passes(const fuzz_target_t *target)
{
    FILE *output = tmpfile();
    int status = 0;
    pid_t child;
    char line[1024];

    fflush(stdout);
    child = output ? fork() : -1;
    if (child < 0) {
        perror("replay");
        return 0;
    }
    if (child == 0) {
        dup2(fileno(output), STDERR_FILENO);
        fuzz_initialize();
        run_corpus(target);
        exit(0);
    }
    if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        fclose(output);
        return 1;
    }
    rewind(output);
    while (fgets(line, sizeof(line), output))
        fputs(line, stdout);
    fclose(output);
    printf("%s FAILED on the last file above\n", target->name);
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
