/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_report.h"

#include "core/escape.h"
#include "core/utf8.h"

#include <apr_strings.h>

/* Of a name that is shown. */
#define NAME_MAX_SHOWN 80

static const struct {
    const char *word, *text;
} problems[MT_IMPORT_PROBLEMS] = {
    [MT_IMPORT_USER_WITHOUT_ID] = { "user_without_id", "users without a usable id: left out, with all that is theirs" },
    [MT_IMPORT_USER_REPEATED] = { "user_repeated", "users with the id of an earlier one: left out" },
    [MT_IMPORT_USER_MERGED] = { "user_merged",
                                "users with the name of an earlier one, who gets their messages and follows" },
    [MT_IMPORT_USER_RENAMED] = { "user_renamed", "users with a name that cannot be kept (empty, over 255 characters, "
                                                 "no UTF-8): they are "
                                                 "called user-ID" },
    [MT_IMPORT_USER_UNREACHABLE] = { "user_unreachable", "users whose page cannot be reached (a slash, or a name "
                                                         "that is a path of the site, such as public), or whose name "
                                                         "holds control characters: kept" },
    [MT_IMPORT_USER_NUMBER] = { "user_number", "users whose name, address or hash was stored as a number: taken as it "
                                               "reads (007 had become "
                                               "7)" },
    [MT_IMPORT_EMAIL_MISSING] = { "email_missing", "users without an e-mail address" },
    [MT_IMPORT_EMAIL_INVALID] = { "email_invalid", "users with an e-mail address that cannot be kept (over 255 "
                                                   "characters, no UTF-8): they "
                                                   "have none now" },
    [MT_IMPORT_HASH_WRAPPED] = { "hash_wrapped", "users with a plain digest of their password, wrapped in Argon2id" },
    [MT_IMPORT_HASH_UNKNOWN] = { "hash_unknown",
                                 "users with no password hash that is known, who cannot log in: see minitwitctl user "
                                 "passwd" },
    [MT_IMPORT_MESSAGE_WITHOUT_ID] = { "message_without_id", "messages without a usable id: left out" },
    [MT_IMPORT_MESSAGE_ORPHANED] = { "message_orphaned", "messages of nobody who was imported: left out" },
    [MT_IMPORT_MESSAGE_TAKEN] = { "message_taken", "messages with the id of another one: left out" },
    [MT_IMPORT_TEXT_TOO_LONG] = { "text_too_long", "messages of over 1 MiB: left out" },
    [MT_IMPORT_TEXT_MISSING] = { "text_missing", "messages without a text: they are empty" },
    [MT_IMPORT_TEXT_NUMBER] = { "text_number",
                                "messages whose text was stored as a number: taken as it reads (1e3 had become 1000)" },
    [MT_IMPORT_TEXT_INVALID] = { "text_invalid",
                                 "messages with bytes that are no UTF-8, or zero: U+FFFD stands in their place" },
    [MT_IMPORT_DATE_INVALID] = { "date_invalid", "messages without a usable date: they are of 1970-01-01" },
    [MT_IMPORT_FLAG_MISSING] = { "flag_missing",
                                 "messages of which it is not known whether they are flagged: hidden, as they were" },
    [MT_IMPORT_FOLLOW_DANGLING] = { "follow_dangling", "follows of nobody, or by nobody, who was imported: left out" },
    [MT_IMPORT_FOLLOW_SELF] = { "follow_self", "follows of oneself: left out" },
    [MT_IMPORT_FOLLOW_REPEATED] = { "follow_repeated", "follows that were there twice: once is enough" },
};

const char *mt_ctl_import_report_word(mt_import_problem_t problem)
{
    return problems[problem].word;
}

/* How many bytes of a character may be shown: none of a control character, nor of one that turns the direction of
 * writing. */
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
