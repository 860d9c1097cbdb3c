/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/text.h"

#include "core/buffer.h"
#include "core/entity.h"
#include "core/escape.h"
#include "core/reserved.h"
#include "core/url.h"
#include "core/validate.h"
#include "store/marks.h"

#include <apr_strings.h>
#include <string.h>

/* A message stores no more mentions or tags either (store/marks.h). More links could make a page so large that the
 * cache does not keep it. */
#define LINKS_MAX MT_MARKS_MAX

/* Bytes of a link around the shown text and the URL, which is often the shown text again. */
#define LINK_SIZE_USUAL 128

static void open_link(mt_buffer_t *html, const char *href, apr_size_t len, const char *attributes)
{
    mt_buffer_append_text(html, "<a href=\"");
    mt_escape_html(html, href, len);
    mt_buffer_append_text(html, attributes);
}

/* Opens a link to the target. Returns 0 if there is none. */
static int open_entity(apr_pool_t *pool, mt_buffer_t *html, const char *base, const mt_entity_t *entity)
{
    const char *name, *url;

    switch (entity->kind) {
    case MT_ENTITY_URL:
        /* The site does not vouch for the target: it gets no referrer, and search engines do not count the link. */
        open_link(html, entity->target, entity->target_len, "\" rel=\"nofollow noopener ugc\">");
        return 1;
    case MT_ENTITY_MENTION:
        name = apr_pstrmemdup(pool, entity->target, entity->target_len);
        /* "@logout" must not become a link that signs its readers out. */
        if (mt_validate_path(name, mt_reserved_names))
            return 0;
        url = apr_pstrcat(pool, base, "/", mt_url_encode(pool, name), NULL);
        break;
    case MT_ENTITY_TAG:
        name = mt_entity_fold_tag(pool, entity->target, entity->target_len);
        url = apr_pstrcat(pool, base, "/-/tag/", mt_url_encode(pool, name), NULL);
        break;
    default:
        return 0;
    }
    open_link(html, url, strlen(url), "\">");
    return 1;
}

const char *mt_web_text_format(apr_pool_t *pool, const char *base, const char *text)
{
    apr_size_t len = strlen(text);
    mt_entity_reader_t reader;
    mt_entity_t entity;
    mt_buffer_t html;
    int links = 0;

    mt_buffer_init(&html, pool, len + LINK_SIZE_USUAL);
    mt_entity_begin(&reader, text, len);
    while (mt_entity_next(&reader, &entity)) {
        int is_link = links < LINKS_MAX && open_entity(pool, &html, base, &entity);

        links += is_link;
        mt_escape_html(&html, entity.shown, entity.shown_len);
        if (is_link)
            mt_buffer_append_text(&html, "</a>");
    }
    return mt_buffer_text(&html);
}
