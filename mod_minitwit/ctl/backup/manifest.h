/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_MANIFEST_H
#define MT_MANIFEST_H

#include "admin/contents.h"
#include "ctl/ctl.h"

#define MT_MANIFEST_SHA256_SIZE 65 /* in hexadecimal, and the NUL */

/* Describes a dump, minitwit-TIME.dump, so that its contents can be checked after a restore. The file
 * minitwit-TIME.json beside it holds the manifest as one JSON object. */
typedef struct mt_manifest_t {
    const char *taken_at;       /* RFC 3339, UTC */
    const char *server_version; /* of PostgreSQL */
    apr_int64_t bytes;          /* of the dump */
    char sha256[MT_MANIFEST_SHA256_SIZE];
    mt_contents_t contents; /* of the snapshot that was dumped */
} mt_manifest_t;

const char *mt_ctl_manifest_format(apr_pool_t *pool, const mt_manifest_t *manifest);

/* Returns the path of the manifest that belongs to a dump; NULL if the name of the dump does not end in .dump. */
const char *mt_ctl_manifest_path(apr_pool_t *pool, const char *dump);

/* Reads the manifest of a dump. */
const char *mt_ctl_manifest_load(const mt_ctl_t *ctl, const char *dump, mt_manifest_t *manifest);

/* Compares the length and the SHA-256 of a dump with its manifest. */
const char *mt_ctl_manifest_check(const mt_ctl_t *ctl, const char *dump, const mt_manifest_t *manifest);

#endif
