/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "fuzz.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The functions that libFuzzer calls. The environment variable FUZZ_TARGET names the target. */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const fuzz_target_t *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("FUZZ_TARGET");

    (void)argc;
    (void)argv;
    target = name ? fuzz_find(name) : NULL;
    if (!target) {
        fputs("The environment variable FUZZ_TARGET must name a target of tests/fuzz/targets.h\n", stderr);
        exit(2);
    }
    fuzz_initialize();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    fuzz_run(target, (const char *)data, len);
    return 0;
}
