/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/form.h"
#include "core/url.h"
#include "core/utf8.h"
#include "targets.h"

#include <apr_strings.h>
#include <string.h>

/* Returns the value that a plain loop over the pairs finds. Sets *malformed if any pair is malformed. */
static const char *find(apr_pool_t *pool, const char *data, apr_size_t len, const char *wanted, int *malformed)
{
    const char *found = NULL;
    apr_size_t start = 0;

    *malformed = 0;
    for (apr_size_t i = 0; i <= len; i++) {
        apr_size_t equals = start;
        const char *name;
        const char *value;

        if (i < len && data[i] != '&')
            continue;
        while (equals < i && data[equals] != '=')
            equals++;
        name = mt_url_decode(pool, data + start, equals - start, 1);
        value = equals < i ? mt_url_decode(pool, data + equals + 1, i - equals - 1, 1) : "";
        if (i > start && (!name || !value))
            *malformed = 1;
        else if (i > start && !found && strcmp(name, wanted) == 0)
            found = value;
        start = i + 1;
    }
    return found;
}

static void check_raw(apr_pool_t *pool, const char *data, apr_size_t len, const char *name)
{
    mt_form_t *form = mt_form_parse(pool, data, len);
    const char *value = mt_form_get(form, name);
    int malformed;
    const char *found = find(pool, data, len, name, &malformed);

    fuzz_assert(mt_form_is_malformed(form) == malformed);
    fuzz_assert((value != NULL) == (found != NULL) && (!value || strcmp(value, found) == 0));
    fuzz_assert(!value || mt_utf8_is_valid(value, strlen(value)));
}

static void check_round_trip(apr_pool_t *pool, const char *name, const char *value)
{
    const char *pairs =
        apr_pstrcat(pool, "first=1&&", mt_url_encode(pool, name), "=", mt_url_encode(pool, value), "&last", NULL);
    mt_form_t *form = mt_form_parse(pool, pairs, strlen(pairs));
    int is_text = mt_utf8_is_valid(name, strlen(name)) && mt_utf8_is_valid(value, strlen(value));

    fuzz_assert(mt_form_is_malformed(form) == !is_text);
    fuzz_assert(strcmp(mt_form_get(form, "last"), "") == 0 || strcmp(name, "last") == 0);
    if (is_text && strcmp(name, "first") != 0)
        fuzz_assert(strcmp(mt_form_get(form, name), value) == 0);
}

void fuzz_form(apr_pool_t *pool, const char *data, apr_size_t len)
{
    fuzz_input_t input = { data, len };
    const char *name = fuzz_take_text(pool, &input);

    check_raw(pool, input.data, input.len, name);
    check_raw(pool, data, len, "text");
    check_round_trip(pool, name, fuzz_take_rest(pool, &input));
}
