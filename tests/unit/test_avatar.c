/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "suites.h"
#include "support.h"

#include "core/avatar.h"

#include <apr_strings.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *draw(const char *id)
{
    mt_buffer_t svg;

    mt_buffer_init(&svg, test_pool, 0);
    ck_assert_int_eq(mt_avatar_draw(&svg, id), 1);
    return mt_buffer_text(&svg);
}

/* Returns ids that look random, like those of a keyed hash. */
static const char *make_id(unsigned number)
{
    apr_uint64_t bits = (number + 1) * APR_UINT64_C(0x9e3779b97f4a7c15);

    bits = (bits ^ bits >> 31) * APR_UINT64_C(0xbf58476d1ce4e5b9);
    return apr_psprintf(test_pool, "%016" APR_UINT64_T_HEX_FMT, bits ^ bits >> 29);
}

START_TEST(draws_a_small_svg_document)
{
    const char *svg = draw("0123456789abcdef");

    ck_assert_ptr_nonnull(strstr(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\">"));
    ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
    ck_assert_uint_lt(strlen(svg), 512);
    ck_assert_ptr_null(strstr(svg, "style"));
}
END_TEST

START_TEST(same_id_gives_same_bytes)
{
    ck_assert_str_eq(draw("0123456789abcdef"), draw("0123456789abcdef"));
    /* Browsers and proxies keep avatars for a long time. Therefore a new version must draw the same ones. */
    ck_assert_str_eq(draw("0123456789abcdef"),
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\"><rect width=\"48\" height=\"48\" "
                     "rx=\"8\" fill=\"#d4eefe\"/><path fill=\"#0275a3\" d=\"M4 4h8v8H4zM36 4h8v8H36zM12 12h24v8H12zM4 "
                     "20h8v8H4zM36 20h8v8H36zM4 28h16v8H4zM28 28h16v8H28zM4 36h8v8H4zM36 36h8v8H36z\"/></svg>\n");
}
END_TEST

START_TEST(ids_at_the_ends_are_drawn)
{
    ck_assert_ptr_nonnull(strstr(draw("0000000000000000"), "h"));
    ck_assert_ptr_nonnull(strstr(draw("ffffffffffffffff"), "h"));
}
END_TEST

START_TEST(different_ids_look_different)
{
    enum {
        COUNT = 300
    };
    const char *drawn[COUNT];
    int same = 0;

    for (unsigned i = 0; i < COUNT; i++) {
        drawn[i] = draw(make_id(i));
        for (unsigned j = 0; j < i; j++)
            same += strcmp(drawn[i], drawn[j]) == 0;
    }
    ck_assert_int_le(same, 1);
}
END_TEST

/* Sets the pixels that the path of rectangles covers, and returns their number. */
static int rasterize(const char *svg, char pixels[48][48])
{
    const char *path = strstr(svg, " d=\"");
    int count = 0;

    memset(pixels, 0, 48 * 48);
    ck_assert_ptr_nonnull(path);
    for (path += 4; *path != '"';) {
        int x, y, width, height, back, read;

        ck_assert_int_eq(sscanf(path, "M%d %dh%dv%dH%dz%n", &x, &y, &width, &height, &back, &read), 5);
        ck_assert_int_eq(back, x);
        ck_assert_int_ge(x, 0);
        ck_assert_int_ge(y, 0);
        ck_assert_int_le(x + width, 48);
        ck_assert_int_le(y + height, 48);
        for (int row = y; row < y + height; row++)
            memset(&pixels[row][x], 1, (size_t)width);
        count += width * height;
        path += read;
    }
    return count;
}

START_TEST(cells_are_symmetric_and_cover_a_part)
{
    for (unsigned i = 0; i < 300; i++) {
        char pixels[48][48];
        int count = rasterize(draw(make_id(i)), pixels);

        ck_assert_int_ge(count, 6 * 64);
        ck_assert_int_le(count, 20 * 64);
        for (int row = 0; row < 48; row++) {
            for (int column = 0; column < 24; column++) {
                /* Each assertion that holds costs Check a system call, so only a failure calls it. */
                if (pixels[row][column] != pixels[row][47 - column])
                    ck_abort_msg("id %u, row %d, column %d", i, row, column);
            }
        }
    }
}
END_TEST

/* The relative luminance of "#rrggbb", as WCAG 2 defines it. */
static double luminance(const char *colour)
{
    static const double weights[] = { 0.2126, 0.7152, 0.0722 };
    unsigned parts[3];
    double sum = 0;

    ck_assert_int_eq(sscanf(colour, "#%2x%2x%2x", &parts[0], &parts[1], &parts[2]), 3);
    for (int i = 0; i < 3; i++) {
        double part = parts[i] / 255.0;

        sum += weights[i] * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(const char *light, const char *dark)
{
    return (luminance(light) + 0.05) / (luminance(dark) + 0.05);
}

START_TEST(colours_have_contrast_on_light_and_dark_pages)
{
    for (unsigned i = 0; i < 300; i++) {
        const char *svg = draw(make_id(i));
        const char *ground = strstr(svg, "fill=\"") + 6;
        const char *cells = strstr(ground, "fill=\"") + 6;

        /* WCAG 2 requires 3 for graphics. */
        ck_assert_double_ge(contrast(ground, cells), 4);
        ck_assert_double_ge(contrast("#ffffff", cells), 4.5);
        ck_assert_double_ge(contrast(ground, "#1b1f1f"), 10);
    }
}
END_TEST

START_TEST(other_texts_than_ids_are_refused)
{
    static const char *const wrong[] = {
        "",
        "0",
        "0123456789abcde",
        "0123456789abcdef0",
        "0123456789ABCDEF",
        "0123456789abcdeg",
        " 123456789abcdef",
        "0123456789abcde\n",
        "0x23456789abcdef",
        "-123456789abcdef",
    };
    mt_buffer_t svg;

    mt_buffer_init(&svg, test_pool, 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_int_eq(mt_avatar_draw(&svg, wrong[i]), 0);
    ck_assert_uint_eq(svg.len, 0);
}
END_TEST

START_TEST(gravatar_hashes_the_address_trimmed_and_in_lower_case)
{
    static const char expected[] = "https://www.gravatar.com/avatar/"
                                   "84059b07d4be67b806386c0aad8070a23f18836bbaae342275dc0a83414c32ee?s=48&d=identicon";
    static const char empty[] = "https://www.gravatar.com/avatar/"
                                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855?s=48&d=identicon";

    ck_assert_str_eq(mt_avatar_gravatar(test_pool, "MyEmailAddress@example.com ", 48), expected);
    ck_assert_str_eq(mt_avatar_gravatar(test_pool, "\t myemailaddress@EXAMPLE.com\r\n", 48), expected);
    ck_assert_str_eq(mt_avatar_gravatar(test_pool, "", 48), empty);
    ck_assert_ptr_nonnull(strstr(mt_avatar_gravatar(test_pool, "", 192), "?s=192&"));
    ck_assert_str_eq(mt_avatar_gravatar(test_pool, "  ", 48), empty);
}
END_TEST

Suite *test_avatar_suite(void)
{
    Suite *suite = suite_create("avatar");
    TCase *drawing = test_support_case(suite, "identicon");
    TCase *gravatar = test_support_case(suite, "gravatar");

    tcase_add_test(drawing, draws_a_small_svg_document);
    tcase_add_test(drawing, same_id_gives_same_bytes);
    tcase_add_test(drawing, ids_at_the_ends_are_drawn);
    tcase_add_test(drawing, different_ids_look_different);
    tcase_add_test(drawing, cells_are_symmetric_and_cover_a_part);
    tcase_add_test(drawing, colours_have_contrast_on_light_and_dark_pages);
    tcase_add_test(drawing, other_texts_than_ids_are_refused);
    tcase_add_test(gravatar, gravatar_hashes_the_address_trimmed_and_in_lower_case);
    return suite;
}
