/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/buffer.h"
#include "suites.h"
#include "support.h"

#include <string.h>

START_TEST(begins_empty)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 0);
    ck_assert_uint_eq(buffer.len, 0);
    ck_assert_ptr_null(buffer.data);
    ck_assert_str_eq(mt_buffer_text(&buffer), "");
    ck_assert_uint_eq(buffer.len, 0);
}
END_TEST

START_TEST(appends_in_order)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 4);
    mt_buffer_append_text(&buffer, "one");
    mt_buffer_append(&buffer, NULL, 0);
    mt_buffer_append(&buffer, ", two", 5);
    mt_buffer_append_text(&buffer, "");
    ck_assert_uint_eq(buffer.len, 8);
    ck_assert_str_eq(mt_buffer_text(&buffer), "one, two");
    mt_buffer_append_text(&buffer, ", three");
    ck_assert_str_eq(mt_buffer_text(&buffer), "one, two, three");
}
END_TEST

START_TEST(holds_nul_bytes)
{
    mt_buffer_t buffer;

    mt_buffer_init(&buffer, test_pool, 0);
    mt_buffer_append(&buffer, "a\0b", 3);
    ck_assert_uint_eq(buffer.len, 3);
    ck_assert_mem_eq(buffer.data, "a\0b", 3);
}
END_TEST

START_TEST(does_not_grow_within_its_first_size)
{
    mt_buffer_t buffer;
    const char *data;

    mt_buffer_init(&buffer, test_pool, 1000);
    data = buffer.data;
    mt_buffer_append_text(&buffer, test_support_repeat("x", 1000));
    ck_assert_ptr_eq(buffer.data, data);
    ck_assert_uint_eq(strlen(mt_buffer_text(&buffer)), 1000);
    ck_assert_ptr_eq(buffer.data, data);
}
END_TEST

START_TEST(grows_without_losing_anything)
{
    mt_buffer_t buffer;
    const char *text;

    mt_buffer_init(&buffer, test_pool, 0);
    for (int i = 0; i < 100000; i++) {
        char c = (char)('a' + i % 26);

        mt_buffer_append(&buffer, &c, 1);
    }
    text = mt_buffer_text(&buffer);
    ck_assert_uint_eq(strlen(text), 100000);
    for (int i = 0; i < 100000; i++) {
        if (text[i] != 'a' + i % 26)
            ck_abort_msg("byte %d is %d", i, text[i]);
    }
}
END_TEST

START_TEST(takes_a_piece_larger_than_twice_its_size)
{
    mt_buffer_t buffer;
    const char *piece = test_support_repeat("0123456789", 10000);

    mt_buffer_init(&buffer, test_pool, 1);
    mt_buffer_append_text(&buffer, "<");
    mt_buffer_append_text(&buffer, piece);
    ck_assert_uint_eq(buffer.len, 100001);
    ck_assert_str_eq(mt_buffer_text(&buffer) + 1, piece);
}
END_TEST

Suite *test_buffer_suite(void)
{
    Suite *suite = suite_create("buffer");
    TCase *tests = test_support_case(suite, "buffer");

    tcase_add_test(tests, begins_empty);
    tcase_add_test(tests, appends_in_order);
    tcase_add_test(tests, holds_nul_bytes);
    tcase_add_test(tests, does_not_grow_within_its_first_size);
    tcase_add_test(tests, grows_without_losing_anything);
    tcase_add_test(tests, takes_a_piece_larger_than_twice_its_size);
    return suite;
}
