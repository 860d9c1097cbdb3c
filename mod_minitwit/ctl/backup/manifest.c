/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/backup/manifest.h"

#include "core/escape.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define FORMAT 1

#define DUMP     ".dump"
#define MANIFEST ".json"

const char *mt_ctl_manifest_format(apr_pool_t *pool, const mt_manifest_t *manifest)
{
    const mt_contents_t *contents = &manifest->contents;
    mt_buffer_t json;

    mt_buffer_init(&json, pool, 2048);
    mt_buffer_append_text(&json, apr_psprintf(pool, "{\"format\":%d", FORMAT));
    mt_escape_json_member(&json, "taken_at", manifest->taken_at);
    mt_escape_json_member(&json, "server_version", manifest->server_version);
    mt_escape_json_member(&json, "sha256", manifest->sha256);
    mt_buffer_append_text(&json, apr_psprintf(pool, ",\"bytes\":%" APR_INT64_T_FMT ",\"schema_version\":%d,\"parts\":[",
                                              manifest->bytes, contents->schema_version));
    for (int i = 0; i < contents->parts->nelts; i++) {
        const mt_contents_part_t *part = &APR_ARRAY_IDX(contents->parts, i, mt_contents_part_t);
        mt_buffer_append_text(&json, i ? ",{" : "{");
        mt_escape_json_member(&json, "name", part->name);
        mt_escape_json_member(&json, "digest", part->digest);
        mt_buffer_append_text(&json, apr_psprintf(pool, ",\"rows\":%" APR_INT64_T_FMT "}", part->rows));
    }
    mt_buffer_append_text(&json, "]}\n");
    return mt_buffer_text(&json);
}

const char *mt_ctl_manifest_path(apr_pool_t *pool, const char *dump)
{
    size_t len = strlen(dump);

    if (len <= strlen(DUMP) || strcmp(dump + len - strlen(DUMP), DUMP) != 0)
        return NULL;
    return apr_pstrcat(pool, apr_pstrndup(pool, dump, len - strlen(DUMP)), MANIFEST, NULL);
}

/* Returns a member of an object; NULL if it is missing or has another type. */
static json_object *get(json_object *object, const char *name, json_type type)
{
    json_object *value;

    return json_object_object_get_ex(object, name, &value) && json_object_is_type(value, type) ? value : NULL;
}

static const char *get_text(apr_pool_t *pool, json_object *object, const char *name)
{
    json_object *value = get(object, name, json_type_string);

    return value ? apr_pstrdup(pool, json_object_get_string(value)) : NULL;
}

static int read_parts(apr_pool_t *pool, json_object *list, mt_contents_t *contents)
{
    int count = (int)json_object_array_length(list);

    contents->parts = apr_array_make(pool, count, sizeof(mt_contents_part_t));
    for (int i = 0; i < count; i++) {
        json_object *item = json_object_array_get_idx(list, (size_t)i);
        json_object *rows = get(item, "rows", json_type_int);
        mt_contents_part_t *part = apr_array_push(contents->parts);
        part->name = get_text(pool, item, "name");
        part->digest = get_text(pool, item, "digest");
        if (!part->name || !part->digest || !rows)
            return 0;
        part->rows = json_object_get_int64(rows);
        part->is_set = 0;
    }
    return 1;
}

static int read_object(apr_pool_t *pool, json_object *object, mt_manifest_t *manifest)
{
    json_object *format = get(object, "format", json_type_int);
    json_object *bytes = get(object, "bytes", json_type_int);
    json_object *version = get(object, "schema_version", json_type_int);
    json_object *list = get(object, "parts", json_type_array);
    const char *sha256 = get_text(pool, object, "sha256");

    manifest->taken_at = get_text(pool, object, "taken_at");
    manifest->server_version = get_text(pool, object, "server_version");
    if (!format || json_object_get_int(format) != FORMAT || !bytes || !version || !list || !sha256 ||
        strlen(sha256) != MT_MANIFEST_SHA256_SIZE - 1 || !manifest->taken_at || !manifest->server_version)
        return 0;
    manifest->bytes = json_object_get_int64(bytes);
    memcpy(manifest->sha256, sha256, MT_MANIFEST_SHA256_SIZE);
    manifest->contents.schema_version = json_object_get_int(version);
    return read_parts(pool, list, &manifest->contents);
}

const char *mt_ctl_manifest_load(const mt_ctl_t *ctl, const char *dump, mt_manifest_t *manifest)
{
    const char *path = mt_ctl_manifest_path(ctl->pool, dump);
    json_object *object;

    if (!path)
        return apr_psprintf(ctl->pool, "\"%s\" is not a backup: the name of a backup ends in \"%s\"", dump, DUMP);
    if (access(path, R_OK) != 0)
        return apr_psprintf(ctl->pool, "could not read the manifest \"%s\": %s", path, strerror(errno));
    object = json_object_from_file(path);
    int is_read = object && json_object_is_type(object, json_type_object) && read_object(ctl->pool, object, manifest);
    json_object_put(object);
    if (!is_read)
        return apr_psprintf(ctl->pool,
                            "\"%s\" is not a manifest that this build can read\n"
                            "  The file is damaged, or a newer build made it.",
                            path);
    return NULL;
}

const char *mt_ctl_manifest_check(const mt_ctl_t *ctl, const char *dump, const mt_manifest_t *manifest)
{
    crypto_hash_sha256_state state;
    unsigned char hash[crypto_hash_sha256_BYTES], data[65536];
    char hex[MT_MANIFEST_SHA256_SIZE];
    const char *message = NULL;
    apr_int64_t bytes = 0;
    ssize_t got = -1;
    int fd = open(dump, O_RDONLY | O_CLOEXEC);

    crypto_hash_sha256_init(&state);
    while (fd >= 0 && (got = read(fd, data, sizeof(data))) > 0) {
        crypto_hash_sha256_update(&state, data, (unsigned long long)got);
        bytes += got;
    }
    if (got < 0)
        message = apr_psprintf(ctl->pool, "could not read \"%s\": %s", dump, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (message)
        return message;
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    if (bytes == manifest->bytes && strcmp(hex, manifest->sha256) == 0)
        return NULL;
    return apr_psprintf(ctl->pool,
                        "\"%s\" is damaged\n  It has %" APR_INT64_T_FMT
                        " bytes with the SHA-256 %s. Its manifest states %" APR_INT64_T_FMT " bytes with %s.",
                        dump, bytes, hex, manifest->bytes, manifest->sha256);
}
