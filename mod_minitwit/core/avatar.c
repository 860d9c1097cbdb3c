/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/avatar.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#define SIDE      5 /* cells */
#define HALF      3 /* columns that are drawn; the others mirror them */
#define CELL      8 /* pixels */
#define MARGIN    4
#define SHOWN_MIN 6 /* of the 15 cells: fewer look empty, and more than SHOWN_MAX look like a block */
#define SHOWN_MAX 10

/* Twenty-four hues of equal lightness. Each hue contrasts with white and with its own ground. Each ground is light
 * enough to stand out from a dark page. */
static const struct {
    char cells[8];
    char ground[8];
} colours[] = {
    { "#a8465a", "#ffe1e4" }, { "#aa4844", "#fee2df" }, { "#a84d2b", "#fee3d9" }, { "#a35303", "#fde4d4" },
    { "#955e02", "#f9e6d1" }, { "#886602", "#f4e8d0" }, { "#7b6c01", "#efebd0" }, { "#6a7300", "#e8edd3" },
    { "#527a19", "#e2efd6" }, { "#317f38", "#dcf0dc" }, { "#078053", "#d6f1e2" }, { "#007e68", "#d2f2e8" },
    { "#087c77", "#d0f2ef" }, { "#037a84", "#d0f1f5" }, { "#027892", "#d1f0fa" }, { "#0275a3", "#d4eefe" },
    { "#226fb3", "#dbecfe" }, { "#4668b6", "#e0eafe" }, { "#5f60b5", "#e5e8ff" }, { "#725aae", "#ebe6fe" },
    { "#8353a3", "#f1e4fc" }, { "#904e95", "#f6e2f7" }, { "#9b4a83", "#fbe1f1" }, { "#a34770", "#fee0eb" },
};

#define COLOURS (sizeof(colours) / sizeof(colours[0]))

static int parse_id(const char *id, apr_uint64_t *bits)
{
    static const char digits[] = "0123456789abcdef";
    apr_uint64_t value = 0;

    if (strlen(id) != MT_AVATAR_ID_SIZE - 1)
        return 0;
    for (; *id; id++) {
        const char *digit = strchr(digits, *id);

        if (!digit)
            return 0;
        value = value << 4 | (apr_uint64_t)(digit - digits);
    }
    *bits = value;
    return 1;
}

static unsigned count_bits(unsigned bits)
{
    unsigned count;

    for (count = 0; bits; count++)
        bits &= bits - 1;
    return count;
}

/* Returns 15 bits, of which SHOWN_MIN to SHOWN_MAX are set. */
static unsigned choose_cells(apr_uint64_t bits)
{
    unsigned cells;
    unsigned shown;

    /* This generator (Knuth's MMIX) has the full period of 2^64, so the search ends. Its high bits are the best. */
    do {
        bits = bits * APR_UINT64_C(6364136223846793005) + APR_UINT64_C(1442695040888963407);
        cells = (unsigned)(bits >> (64 - HALF * SIDE));
        shown = count_bits(cells);
    } while (shown < SHOWN_MIN || shown > SHOWN_MAX);
    return cells;
}

static int is_shown(unsigned cells, int row, int column)
{
    if (column >= HALF)
        column = SIDE - 1 - column;
    return (cells >> (row * HALF + column)) & 1;
}

/* Draws one rectangle for each run of shown cells. */
static void draw_row(mt_buffer_t *svg, unsigned cells, int row)
{
    int column = 0;

    while (column < SIDE) {
        char rectangle[64];
        int first = column;

        while (column < SIDE && is_shown(cells, row, column))
            column++;
        if (column > first) {
            apr_snprintf(rectangle, sizeof(rectangle), "M%d %dh%dv%dH%dz", MARGIN + first * CELL, MARGIN + row * CELL,
                         (column - first) * CELL, CELL, MARGIN + first * CELL);
            mt_buffer_append_text(svg, rectangle);
        }
        column++;
    }
}

int mt_avatar_draw(mt_buffer_t *svg, const char *id)
{
    apr_uint64_t bits;
    unsigned cells;
    size_t colour;
    int row;

    if (!parse_id(id, &bits))
        return 0;
    cells = choose_cells(bits);
    colour = (size_t)(bits % COLOURS);
    mt_buffer_append_text(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\">"
                               "<rect width=\"48\" height=\"48\" rx=\"8\" fill=\"");
    mt_buffer_append_text(svg, colours[colour].ground);
    mt_buffer_append_text(svg, "\"/><path fill=\"");
    mt_buffer_append_text(svg, colours[colour].cells);
    mt_buffer_append_text(svg, "\" d=\"");
    for (row = 0; row < SIDE; row++)
        draw_row(svg, cells, row);
    mt_buffer_append_text(svg, "\"/></svg>\n");
    return 1;
}

const char *mt_avatar_gravatar(apr_pool_t *pool, const char *email, int size)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char hex[sizeof(hash) * 2 + 1];
    char *address;
    char *end;
    char *at;

    while (apr_isspace(*email))
        email++;
    address = apr_pstrdup(pool, email);
    end = address + strlen(address);
    while (end > address && apr_isspace(end[-1]))
        end--;
    for (at = address; at < end; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at += 'a' - 'A';
    }
    crypto_hash_sha256(hash, (const unsigned char *)address, (unsigned long long)(end - address));
    sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    return apr_psprintf(pool, "https://www.gravatar.com/avatar/%s?s=%d&d=identicon", hex, size);
}
