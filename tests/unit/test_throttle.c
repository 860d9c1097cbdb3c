/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/throttle.h"
#include "suites.h"
#include "support.h"

#include <string.h>

#define TAG   42
#define OTHER 43

/* Five at once, then one in 150 ticks. */
static const mt_throttle_rule_t rule = { 5, 150 };

/* Moments at which the ticks, or their sign, are about to overflow. */
static const apr_uint32_t moments[] = { 0, 1, 1000, 0x7ffffff0, 0x80000000, 0xfffffff0, 0xffffffff };

#define MOMENTS ((int)(sizeof(moments) / sizeof(moments[0])))

static mt_throttle_slot_t charge_times(mt_throttle_slot_t slot, int times, apr_uint32_t now)
{
    while (times-- > 0)
        slot = mt_throttle_charge(slot, TAG, &rule, now);
    return slot;
}

START_TEST(allows_a_burst)
{
    apr_uint32_t now = moments[_i];
    mt_throttle_slot_t slot = 0;

    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &rule, now), 0);
        slot = mt_throttle_charge(slot, TAG, &rule, now);
    }
    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &rule, now), 150);
}
END_TEST

START_TEST(then_allows_one_each_interval)
{
    apr_uint32_t now = moments[_i];
    mt_throttle_slot_t slot = charge_times(0, 5, now);

    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &rule, now + 149), 1);
    for (apr_uint32_t i = 1; i <= 20; i++) {
        ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &rule, now + 150 * i), 0);
        slot = mt_throttle_charge(slot, TAG, &rule, now + 150 * i);
        ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &rule, now + 150 * i), 150);
    }
}
END_TEST

START_TEST(waits_for_at_most_one_interval)
{
    mt_throttle_slot_t slot = charge_times(0, 1000, moments[_i]);

    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &rule, moments[_i]), 150);
}
END_TEST

START_TEST(forgets_attempts)
{
    apr_uint32_t now = moments[_i];
    mt_throttle_slot_t slot = charge_times(0, 1000, now);

    ck_assert_int_eq(mt_throttle_is_known(slot, TAG, now + 749), 1);
    ck_assert_int_eq(mt_throttle_is_known(slot, TAG, now + 750), 0);
    /* The whole burst is allowed again. */
    ck_assert_uint_eq(mt_throttle_wait(charge_times(slot, 4, now + 750), TAG, &rule, now + 750), 0);
    ck_assert_uint_eq(charge_times(slot, 1, now + 750), charge_times(0, 1, now + 750));
    ck_assert_uint_eq(charge_times(slot, 1, now + 0x7fffffff), charge_times(0, 1, now + 0x7fffffff));
}
END_TEST

START_TEST(a_clock_set_back_does_not_lengthen_the_wait)
{
    mt_throttle_slot_t slot = charge_times(0, 1, 100000);

    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &rule, 1), 150);
    slot = mt_throttle_refuse(slot, TAG, &rule, 1);
    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &rule, 1 + 149), 1);
    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &rule, 1 + 150), 0);
}
END_TEST

START_TEST(a_milder_rule_applies_at_once)
{
    static const mt_throttle_rule_t milder = { 5, 10 };
    mt_throttle_slot_t slot = charge_times(0, 5, 1000);

    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &milder, 1000), 10);
    slot = mt_throttle_refuse(slot, TAG, &milder, 1000);
    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &milder, 1010), 0);
}
END_TEST

START_TEST(allows_a_burst_of_one)
{
    static const mt_throttle_rule_t single = { 1, 1 };
    mt_throttle_slot_t slot = mt_throttle_charge(0, TAG, &single, 7);

    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &single, 7), 1);
    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &single, 8), 0);
}
END_TEST

START_TEST(waits_do_not_exceed_the_largest_rule)
{
    static const mt_throttle_rule_t largest = { 1, MT_THROTTLE_SPAN_MAX };
    mt_throttle_slot_t slot = mt_throttle_charge(0, TAG, &largest, 0xffffffff);

    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &largest, 0xffffffff), MT_THROTTLE_SPAN_MAX);
    slot = mt_throttle_charge(slot, TAG, &largest, 0xffffffff);
    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &largest, 0xffffffff), MT_THROTTLE_SPAN_MAX);
}
END_TEST

START_TEST(refunds_attempts)
{
    apr_uint32_t now = moments[_i];
    mt_throttle_slot_t slot = charge_times(0, 5, now);

    slot = mt_throttle_refund(slot, TAG, &rule, now);
    ck_assert_uint_eq(mt_throttle_wait(slot, TAG, &rule, now), 0);
    ck_assert_uint_eq(slot, charge_times(0, 4, now));
    for (int i = 0; i < 4; i++)
        slot = mt_throttle_refund(slot, TAG, &rule, now);
    ck_assert_uint_eq(slot, 0);
    ck_assert_uint_eq(mt_throttle_refund(slot, TAG, &rule, now), 0);
}
END_TEST

START_TEST(ignores_slots_of_other_tags)
{
    mt_throttle_slot_t slot = charge_times(0, 5, 10);

    ck_assert_uint_eq(mt_throttle_wait(slot, OTHER, &rule, 10), 0);
    ck_assert_int_eq(mt_throttle_is_known(slot, OTHER, 10), 0);
    ck_assert_uint_eq(mt_throttle_refund(slot, OTHER, &rule, 10), slot);
    ck_assert_uint_eq(mt_throttle_refuse(slot, OTHER, &rule, 10), slot);
    ck_assert_uint_eq(mt_throttle_charge(slot, OTHER, &rule, 10), mt_throttle_charge(0, OTHER, &rule, 10));
}
END_TEST

START_TEST(makes_a_tag_from_any_number)
{
    ck_assert_uint_eq(mt_throttle_tag(0), 1);
    ck_assert_uint_eq(mt_throttle_tag(0x80000000), 1);
    ck_assert_uint_eq(mt_throttle_tag(0xffffffff), 0x7fffffff);
    ck_assert_uint_eq(mt_throttle_tag(42), 42);
    /* The largest tag does not overwrite the other bits of a slot. */
    mt_throttle_slot_t slot = mt_throttle_charge(0, 0x7fffffff, &rule, 0xffffffff);
    ck_assert_int_eq(mt_throttle_is_known(slot, 0x7fffffff, 0xffffffff), 1);
    ck_assert_uint_eq(mt_throttle_wait(slot, 0x7fffffff, &rule, 0xffffffff), 0);
}
END_TEST

START_TEST(marks_refused_attempts)
{
    mt_throttle_slot_t slot = charge_times(0, 5, 10);
    mt_throttle_slot_t refused = mt_throttle_refuse(slot, TAG, &rule, 10);

    ck_assert_int_eq(mt_throttle_is_marked(slot), 0);
    ck_assert_int_eq(mt_throttle_is_marked(refused), 1);
    /* The mark changes nothing else, and lasts until the slot expires. */
    ck_assert_uint_eq(mt_throttle_refuse(refused, TAG, &rule, 20), refused);
    ck_assert_uint_eq(mt_throttle_wait(refused, TAG, &rule, 10), 150);
    refused = mt_throttle_charge(refused, TAG, &rule, 160);
    ck_assert_int_eq(mt_throttle_is_marked(refused), 1);
    refused = mt_throttle_refund(refused, TAG, &rule, 160);
    ck_assert_int_eq(mt_throttle_is_marked(refused), 1);
    ck_assert_int_eq(mt_throttle_is_marked(mt_throttle_charge(refused, OTHER, &rule, 160)), 0);
    ck_assert_int_eq(mt_throttle_is_marked(mt_throttle_charge(refused, TAG, &rule, 10 + 10 * 150)), 0);
}
END_TEST

START_TEST(remembers_a_tag)
{
    apr_uint32_t now = moments[_i];
    mt_throttle_slot_t slot = mt_throttle_remember(TAG, 1000, now);

    ck_assert_int_eq(mt_throttle_is_known(slot, TAG, now), 1);
    ck_assert_int_eq(mt_throttle_is_known(slot, TAG, now + 999), 1);
    ck_assert_int_eq(mt_throttle_is_known(slot, TAG, now + 1000), 0);
    ck_assert_int_eq(mt_throttle_is_known(0, TAG, now), 0);
}
END_TEST

START_TEST(chooses_the_slot_that_expires_first)
{
    mt_throttle_slot_t slots[] = {
        mt_throttle_charge(mt_throttle_charge(0, 1, &rule, 10), 1, &rule, 10),
        mt_throttle_charge(0, 2, &rule, 20),
        mt_throttle_charge(0, 3, &rule, 15),
        mt_throttle_charge(0, 4, &rule, 10),
    };

    ck_assert_int_eq(mt_throttle_choose(slots, 4, 1, 20), 0);
    ck_assert_int_eq(mt_throttle_choose(slots, 4, 3, 20), 2);
    ck_assert_int_eq(mt_throttle_choose(slots, 4, 99, 20), 3);
    /* A newer slot with one attempt expires before an older one with two. */
    ck_assert_int_eq(mt_throttle_choose(slots, 2, 99, 20), 1);
    /* A slot that was never used, or has expired, comes first. */
    slots[1] = 0;
    ck_assert_int_eq(mt_throttle_choose(slots, 4, 99, 20), 1);
    slots[1] = mt_throttle_charge(0, 2, &rule, 1000);
    ck_assert_int_eq(mt_throttle_choose(slots, 3, 99, 1000), 0);
}
END_TEST

static const struct {
    const char *address;
    apr_size_t len;
    const char *network;
} addresses[] = {
    { "192.0.2.1", 4, "\xc0\x00\x02\x01" },
    { "::ffff:192.0.2.1", 4, "\xc0\x00\x02\x01" },
    { "::ffff:c000:201", 4, "\xc0\x00\x02\x01" },
    { "2001:db8:1:2:3:4:5:6", 8, "\x20\x01\x0d\xb8\x00\x01\x00\x02" },
    { "2001:DB8:1:2::", 8, "\x20\x01\x0d\xb8\x00\x01\x00\x02" },
    { "2001:db8:1:2:ffff:ffff:ffff:ffff", 8, "\x20\x01\x0d\xb8\x00\x01\x00\x02" },
    { "2001:db8:1:3::1", 8, "\x20\x01\x0d\xb8\x00\x01\x00\x03" },
    { "::1", 8, "\0\0\0\0\0\0\0\0" },
    { "fe80::1%eth0", 8, "\xfe\x80\0\0\0\0\0\0" },
    { "", 0, "" },
    { "%", 0, "" },
    { "localhost", 0, "" },
    { "192.0.2", 0, "" },
    { "192.0.2.1.", 0, "" },
    { "2001:db8::1::2", 0, "" },
    { "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", 0, "" },
};

START_TEST(finds_the_network)
{
    unsigned char network[MT_THROTTLE_NETWORK_SIZE];

    ck_assert_uint_eq(mt_throttle_network(addresses[_i].address, network), addresses[_i].len);
    if (addresses[_i].len > 0)
        ck_assert_mem_eq(network, addresses[_i].network, addresses[_i].len);
}
END_TEST

Suite *test_throttle_suite(void)
{
    Suite *suite = suite_create("throttle");
    TCase *tests = test_support_case(suite, "throttle");

    tcase_add_loop_test(tests, allows_a_burst, 0, MOMENTS);
    tcase_add_loop_test(tests, then_allows_one_each_interval, 0, MOMENTS);
    tcase_add_loop_test(tests, waits_for_at_most_one_interval, 0, MOMENTS);
    tcase_add_loop_test(tests, forgets_attempts, 0, MOMENTS);
    tcase_add_test(tests, a_clock_set_back_does_not_lengthen_the_wait);
    tcase_add_test(tests, a_milder_rule_applies_at_once);
    tcase_add_test(tests, allows_a_burst_of_one);
    tcase_add_test(tests, waits_do_not_exceed_the_largest_rule);
    tcase_add_loop_test(tests, refunds_attempts, 0, MOMENTS);
    tcase_add_test(tests, ignores_slots_of_other_tags);
    tcase_add_test(tests, makes_a_tag_from_any_number);
    tcase_add_test(tests, marks_refused_attempts);
    tcase_add_loop_test(tests, remembers_a_tag, 0, MOMENTS);
    tcase_add_test(tests, chooses_the_slot_that_expires_first);
    tcase_add_loop_test(tests, finds_the_network, 0, sizeof(addresses) / sizeof(addresses[0]));
    return suite;
}
