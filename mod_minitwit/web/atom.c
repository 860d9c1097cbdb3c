/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/atom.h"

#include "core/name.h"
#include "core/timestamp.h"
#include "core/url.h"
#include "core/xml.h"
#include "web/messages.h"
#include "web/page.h"
#include "web/text.h"

#include <apr_strings.h>
#include <string.h>

#define SIZE_USUAL 32768 /* bytes; enough for 30 messages of a usual length */

/* The first and the last second of the years 1 to 9999. RFC 3339 and xsd:dateTime allow only these years of four
 * digits. PostgreSQL also has others, and an import may store such a date. */
#define SECONDS_MIN APR_INT64_C(-62135596800)
#define SECONDS_MAX APR_INT64_C(253402300799)

typedef struct writer_t {
    apr_pool_t *pool;
    mt_buffer_t *body;
    const char *base; /* of all URLs */
    const mt_identity_t *site;
} writer_t;

static void write_markup(const writer_t *writer, const char *markup)
{
    mt_buffer_append_text(writer->body, markup);
}

static void write_text(const writer_t *writer, const char *text)
{
    mt_xml_escape(writer->body, text, strlen(text));
}

/* name: of an element without attributes. */
static void write_element(const writer_t *writer, const char *name, const char *text)
{
    write_markup(writer, apr_pstrcat(writer->pool, "<", name, ">", NULL));
    write_text(writer, text);
    write_markup(writer, apr_pstrcat(writer->pool, "</", name, ">\n", NULL));
}

static const char *make_uri(const writer_t *writer, const char *key)
{
    return apr_pstrcat(writer->pool, "tag:", writer->site->id, ",", writer->site->date, ":", key, NULL);
}

static void write_date(const writer_t *writer, const char *name, apr_int64_t date)
{
    char text[MT_TIMESTAMP_SIZE];

    if (date < SECONDS_MIN * APR_USEC_PER_SEC)
        date = SECONDS_MIN * APR_USEC_PER_SEC;
    if (date > SECONDS_MAX * APR_USEC_PER_SEC)
        date = SECONDS_MAX * APR_USEC_PER_SEC;
    write_element(writer, name, mt_timestamp_format_rfc3339(text, date));
}

/* path: below the mount. */
static void write_link(const writer_t *writer, const char *relation, const char *type, const char *path)
{
    write_markup(writer, apr_pstrcat(writer->pool, "<link rel=\"", relation, "\" type=\"", type, "\" href=\"", NULL));
    write_text(writer, apr_pstrcat(writer->pool, writer->base, path, NULL));
    write_markup(writer, "\"/>\n");
}

static const char *get_profile(const writer_t *writer, const char *username)
{
    return apr_pstrcat(writer->pool, "/", mt_url_encode(writer->pool, username), NULL);
}

static void write_author(const writer_t *writer, const char *username)
{
    write_markup(writer, "<author>");
    write_element(writer, "name", mt_name_isolate(writer->pool, username));
    write_element(writer, "uri", apr_pstrcat(writer->pool, writer->base, get_profile(writer, username), NULL));
    write_markup(writer, "</author>\n");
}

/* Writes a text as HTML within XML. Its lines stay lines. */
static void write_content(const writer_t *writer, const char *text)
{
    const char *line = mt_web_text_format(writer->pool, writer->base, text);

    write_markup(writer, "<content type=\"html\">");
    write_text(writer, "<p dir=\"auto\">");
    for (;;) {
        apr_size_t len = strcspn(line, "\n");

        mt_xml_escape(writer->body, line, len);
        line += len;
        if (!*line)
            break;
        write_text(writer, "<br>");
        line++;
    }
    write_text(writer, "</p>");
    write_markup(writer, "</content>\n");
}

/* path: of the message that this one answers, or NULL if it has no page. */
static void write_answered(const writer_t *writer, const mt_message_t *message, const char *path)
{
    const char *id = apr_psprintf(writer->pool, "message:%" APR_INT64_T_FMT, message->answers);

    write_markup(writer, "<thr:in-reply-to ref=\"");
    write_text(writer, make_uri(writer, id));
    if (path) {
        write_markup(writer, "\" type=\"text/html\" href=\"");
        write_text(writer, apr_pstrcat(writer->pool, writer->base, path, NULL));
    }
    write_markup(writer, "\"/>\n");
}

static void write_entry(const writer_t *writer, const mt_message_t *message)
{
    const char *key = apr_psprintf(writer->pool, "message:%" APR_INT64_T_FMT, message->key.id);

    write_markup(writer, "<entry>\n");
    write_element(writer, "id", make_uri(writer, key));
    write_element(writer, "title", mt_web_messages_title(writer->pool, message));
    write_author(writer, message->username);
    write_date(writer, "published", message->key.pub_date);
    write_date(writer, "updated", message->key.pub_date);
    write_link(writer, "alternate", "text/html",
               mt_web_messages_permalink(writer->pool, message->username, message->key.id));
    if (message->answers)
        write_answered(writer, message,
                       message->answered ? mt_web_messages_permalink(writer->pool, message->answered, message->answers)
                                         : NULL);
    write_content(writer, message->text);
    write_markup(writer, "</entry>\n");
}

void mt_web_atom_write(mt_request_t *request, const mt_atom_t *feed, const mt_timeline_t *timeline)
{
    const mt_messages_t *messages = &timeline->messages;
    const char *absolute = mt_web_page_absolute(request, "");
    writer_t writer = { request->pool, &request->response.body, absolute ? absolute : request->mount, timeline->site };

    mt_buffer_init(writer.body, request->pool, SIZE_USUAL);
    write_markup(&writer, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" "
                          "xmlns:thr=\"http://purl.org/syndication/thread/1.0\">\n");
    write_element(&writer, "id", make_uri(&writer, feed->key));
    write_element(&writer, "title", feed->title);
    write_date(&writer, "updated", messages->count > 0 ? messages->items[0].key.pub_date : timeline->site->created_at);
    write_link(&writer, "self", "application/atom+xml", feed->path);
    write_link(&writer, "alternate", "text/html", feed->page);
    if (timeline->owner)
        write_author(&writer, timeline->owner->username);
    write_markup(&writer, "<generator version=\"" MT_VERSION "\">MiniTwit</generator>\n");
    for (int i = 0; i < messages->count; i++)
        write_entry(&writer, &messages->items[i]);
    write_markup(&writer, "</feed>\n");
}
