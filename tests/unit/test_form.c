/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/form.h"
#include "suites.h"
#include "support.h"

#include <string.h>

static mt_form_t *parse(const char *data)
{
    return mt_form_parse(test_pool, data, strlen(data));
}

/* Well-formed forms, and the value of a field in each. It is NULL if there is no such field. */
static const struct {
    const char *data;
    const char *name;
    const char *value;
} fields[] = {
    { "", "a", NULL },
    { "", "", NULL },
    { "&&&", "", NULL },
    { "a=1", "a", "1" },
    { "a=1", "A", NULL },
    { "a=1", "", NULL },
    { "a=1", "a=1", NULL },
    { "aa=1&a=2", "a", "2" },
    { "a=1&a=2", "a", "1" },
    { "a=1&&b=2&", "b", "2" },
    { "a", "a", "" },
    { "a=", "a", "" },
    { "a&b=2", "a", "" },
    { "=x", "", "x" },
    { "=", "", "" },
    { "a=b=c", "a", "b=c" },
    { "a=1;b=2", "a", "1;b=2" },
    { "a=one+two%2Bthree%26", "a", "one two+three&" },
    { "a+b%3D=1", "a b=", "1" },
    { "text=%C3%A6%0D%0A%F0%9F%98%80", "text", "\xc3\xa6\r\n\xf0\x9f\x98\x80" },
    { "text=\xc3\xa6", "text", "\xc3\xa6" },
};

START_TEST(finds_a_field)
{
    mt_form_t *form = parse(fields[_i].data);
    const char *value = mt_form_get(form, fields[_i].name);

    ck_assert(!mt_form_is_malformed(form));
    ck_assert_pstr_eq(value, fields[_i].value);
}
END_TEST

static const char *const malformed[] = {
    "a=%", "a=%4", "a=%zz", "a=%00", "a=%ff", "a=\xff", "%=1", "%00=1", "a%c3=1",
};

START_TEST(omits_malformed_fields)
{
    const char *data = malformed[_i];
    apr_size_t len = strlen(data);
    char text[64];
    mt_form_t *form;

    ck_assert(mt_form_is_malformed(parse(data)));
    ck_assert_ptr_null(mt_form_get(parse(data), "a"));
    /* The fields before and after it stay. */
    memcpy(text, "x=1&", 4);
    memcpy(text + 4, data, len);
    strcpy(text + 4 + len, "&y=2");
    form = parse(text);
    ck_assert(mt_form_is_malformed(form));
    ck_assert_str_eq(mt_form_get(form, "x"), "1");
    ck_assert_str_eq(mt_form_get(form, "y"), "2");
    ck_assert_ptr_null(mt_form_get(form, "a"));
}
END_TEST

START_TEST(accepts_no_data_and_refuses_a_nul)
{
    mt_form_t *form = mt_form_parse(test_pool, NULL, 0);

    ck_assert(!mt_form_is_malformed(form));
    ck_assert_ptr_null(mt_form_get(form, "a"));
    form = mt_form_parse(test_pool, "a=1\0&b=2", 8);
    ck_assert(mt_form_is_malformed(form));
    ck_assert_ptr_null(mt_form_get(form, "a"));
    ck_assert_str_eq(mt_form_get(form, "b"), "2");
}
END_TEST

START_TEST(ends_at_its_length)
{
    mt_form_t *form = mt_form_parse(test_pool, "a=12&b=3", 3);

    ck_assert_str_eq(mt_form_get(form, "a"), "1");
    ck_assert_ptr_null(mt_form_get(form, "b"));
}
END_TEST

START_TEST(accepts_many_fields)
{
    const char *data = test_support_repeat("a=1&", 10000);
    size_t len = strlen(data);
    char *all = test_support_repeat(" ", (int)len + 3);

    memcpy(all, data, len);
    memcpy(all + len, "z=9", 3);
    ck_assert_str_eq(mt_form_get(parse(all), "z"), "9");
}
END_TEST

Suite *test_form_suite(void)
{
    Suite *suite = suite_create("form");
    TCase *tests = test_support_case(suite, "form");

    tcase_add_loop_test(tests, finds_a_field, 0, sizeof(fields) / sizeof(fields[0]));
    tcase_add_loop_test(tests, omits_malformed_fields, 0, sizeof(malformed) / sizeof(malformed[0]));
    tcase_add_test(tests, accepts_no_data_and_refuses_a_nul);
    tcase_add_test(tests, ends_at_its_length);
    tcase_add_test(tests, accepts_many_fields);
    return suite;
}
