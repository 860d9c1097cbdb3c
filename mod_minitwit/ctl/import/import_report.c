/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_report.h"

#include "core/escape.h"
#include "core/utf8.h"

#include <apr_strings.h>

/* Bytes of a name in the summary. */
#define NAME_MAX_SHOWN 80

static const struct {
    const char *word, *text;
} problems[MT_IMPORT_PROBLEMS] = {
    [MT_IMPORT_USER_WITHOUT_ID] = { "user_without_id",
                                    "users without a valid id: left out, with their messages and follows" },
    [MT_IMPORT_USER_DELETED_THERE] = { "user_deleted",
                                       "users that the other site had deleted: left out, with their messages and "
                                       "follows" },
    [MT_IMPORT_USER_REPEATED] = { "user_repeated", "users with the id of an earlier user: left out" },
    [MT_IMPORT_USER_MERGED] = { "user_merged", "users with the name of an earlier user: merged into that user" },
    [MT_IMPORT_USER_RENAMED] = { "user_renamed", "users with an unusable name (empty, over 255 characters, or not "
                                                 "UTF-8): renamed to user-ID" },
    [MT_IMPORT_USER_UNREACHABLE] = { "user_unreachable",
                                     "users whose page may be unreachable (a slash or control characters in the name, "
                                     "or a path of the site, such as public): kept" },
    [MT_IMPORT_USER_MISLEADING] = { "user_misleading",
                                    "users with a name that nobody can register (invisible or unassigned characters, "
                                    "white space at an end, or no visible character): kept" },
    [MT_IMPORT_USER_NUMBER] = { "user_number", "users whose name, address or hash is stored as a number: imported as "
                                               "decimal text (007 is stored as 7)" },
    [MT_IMPORT_EMAIL_MISSING] = { "email_missing", "users without an e-mail address" },
    [MT_IMPORT_EMAIL_INVALID] = { "email_invalid", "users with an unusable e-mail address (over 255 characters, or not "
                                                   "UTF-8): the address was dropped" },
    [MT_IMPORT_HASH_WRAPPED] = { "hash_wrapped", "users with a digest of their password, or the password itself: "
                                                 "hashed with Argon2id" },
    [MT_IMPORT_HASH_UNKNOWN] = { "hash_unknown", "users without a supported password hash: they cannot log in until "
                                                 "you run \"minitwitctl user passwd\"" },
    [MT_IMPORT_HASH_COSTLY] = { "hash_costly",
                                "users whose password hash takes more than 8 s or 256 MiB to verify: they "
                                "cannot log in until you run \"minitwitctl user passwd\"" },
    [MT_IMPORT_MESSAGE_WITHOUT_ID] = { "message_without_id", "messages without a valid id: left out" },
    [MT_IMPORT_MESSAGE_DELETED_THERE] = { "message_deleted", "messages that the other site had deleted: left out" },
    [MT_IMPORT_MESSAGE_ORPHANED] = { "message_orphaned", "messages of users that were not imported: left out" },
    [MT_IMPORT_MESSAGE_TAKEN] = { "message_taken", "messages with the id of another message: left out" },
    [MT_IMPORT_TEXT_TOO_LONG] = { "text_too_long", "messages over 1 MiB: left out" },
    [MT_IMPORT_TEXT_MISSING] = { "text_missing", "messages without a text: imported as empty messages" },
    [MT_IMPORT_TEXT_NUMBER] = { "text_number", "messages whose text is stored as a number: imported as decimal text "
                                               "(1e3 is stored as 1000)" },
    [MT_IMPORT_TEXT_INVALID] = { "text_invalid",
                                 "messages with zero bytes or bytes that are not UTF-8: replaced by U+FFFD" },
    [MT_IMPORT_DATE_INVALID] = { "date_invalid", "messages without a readable date: dated as --undated says" },
    [MT_IMPORT_DATE_OMITTED] = { "date_omitted", "messages without a readable date: left out, as --undated says" },
    [MT_IMPORT_DATE_REPAIRED] = { "date_repaired", "messages that an earlier import dated 1970-01-01: date corrected" },
    [MT_IMPORT_FLAG_MISSING] = { "flag_missing", "messages whose flag is missing: not flagged" },
    [MT_IMPORT_FLAG_UNKNOWN] = { "flag_unknown", "messages whose flag is neither true nor false: hidden" },
    [MT_IMPORT_FOLLOW_DELETED_THERE] = { "follow_deleted", "follows that the other site had deleted: left out" },
    [MT_IMPORT_FOLLOW_DANGLING] = { "follow_dangling", "follows from or to users that were not imported: left out" },
    [MT_IMPORT_FOLLOW_SELF] = { "follow_self", "follows of oneself: left out" },
    [MT_IMPORT_FOLLOW_REPEATED] = { "follow_repeated", "repetitions of the same follow: left out" },
};

const char *mt_ctl_import_report_word(mt_import_problem_t problem)
{
    return problems[problem].word;
}

/* Returns the length of a character that may be shown on a terminal, or 0 for control characters, characters that
 * change the direction of writing, quotation marks, backslashes and invalid bytes. */
static apr_size_t showable(const char *data, apr_size_t len)
{
    const unsigned char *c = (const unsigned char *)data;
    apr_size_t length = mt_utf8_length(data, len);

    if (c[0] < 0x20 || c[0] == 0x7f || c[0] == '"' || c[0] == '\\' || (c[0] == 0xc2 && length && c[1] < 0xa0))
        return 0;
    if (length == 3 && c[0] == 0xe2 &&
        ((c[1] == 0x80 && (c[2] >= 0xa8 || c[2] == 0x8e || c[2] == 0x8f)) || (c[1] == 0x81 && c[2] >= 0xa6)))
        return 0;
    return length;
}

const char *mt_ctl_import_report_quote(apr_pool_t *pool, const char *data, apr_size_t len)
{
    mt_buffer_t text;

    mt_buffer_init(&text, pool, 64);
    mt_buffer_append_text(&text, "\"");
    for (apr_size_t at = 0; at < len;) {
        apr_size_t length = showable(data + at, len - at);

        if (at >= NAME_MAX_SHOWN) {
            mt_buffer_append_text(&text, "...");
            break;
        }
        if (length)
            mt_buffer_append(&text, data + at, length);
        else
            mt_buffer_append_text(&text, apr_psprintf(pool, "\\x%02x", (unsigned char)data[at]));
        at += length ? length : 1;
    }
    mt_buffer_append_text(&text, "\"");
    return mt_buffer_text(&text);
}

static void write_line(const mt_import_report_t *report, mt_import_problem_t problem, const char *id, const char *name,
                       apr_size_t len)
{
    apr_pool_t *pool;
    mt_buffer_t line;

    apr_pool_create(&pool, report->pool);
    mt_buffer_init(&line, pool, 128);
    mt_buffer_append_text(&line, "{");
    mt_escape_json_member(&line, "problem", problems[problem].word);
    mt_escape_json_member(&line, "id", id);
    if (name) {
        mt_buffer_append_text(&line, ",\"name\":");
        mt_escape_json_bytes(&line, name, len, MT_ESCAPE_UNLIMITED);
    }
    mt_buffer_append_text(&line, "}\n");
    fwrite(line.data, 1, line.len, report->file);
    apr_pool_destroy(pool);
}

void mt_ctl_import_report_add(mt_import_report_t *report, mt_import_problem_t problem, const char *id, const char *name,
                              apr_size_t len)
{
    apr_int64_t count;

    if (report->is_muted)
        return;
    count = report->counts[problem]++;
    if (count < MT_IMPORT_EXAMPLES)
        report->examples[problem][count] =
            apr_pstrcat(report->pool, id, name ? " " : NULL,
                        name ? mt_ctl_import_report_quote(report->pool, name, len) : NULL, NULL);
    if (report->file)
        write_line(report, problem, id, name, len);
}

void mt_ctl_import_report_print(const mt_import_report_t *report, FILE *to)
{
    for (int i = 0; i < MT_IMPORT_PROBLEMS; i++) {
        apr_int64_t count = report->counts[i];

        if (count == 0)
            continue;
        fprintf(to, "%10" APR_INT64_T_FMT " %s (", count, problems[i].text);
        for (int j = 0; j < MT_IMPORT_EXAMPLES && j < count; j++)
            fprintf(to, "%s%s", j ? ", " : "", report->examples[i][j]);
        fprintf(to, "%s)\n", count > MT_IMPORT_EXAMPLES ? ", ..." : "");
    }
}
