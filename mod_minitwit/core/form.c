/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/form.h"

#include "core/url.h"

#include <apr_tables.h>
#include <string.h>

typedef struct field_t {
    const char *name;
    const char *value;
} field_t;

/* Not an apr_table_t, because names of fields are case-sensitive. */
struct mt_form_t {
    apr_array_header_t *fields; /* of field_t */
    int malformed;
};

static void parse_pair(apr_pool_t *pool, mt_form_t *form, const char *pair, apr_size_t len)
{
    const char *equals = memchr(pair, '=', len);
    apr_size_t name_len = equals != NULL ? (apr_size_t)(equals - pair) : len;
    const char *value_start = equals != NULL ? equals + 1 : pair + len;
    const char *name = mt_url_decode(pool, pair, name_len, 1);
    const char *value = mt_url_decode(pool, value_start, (apr_size_t)(pair + len - value_start), 1);
    field_t *field;

    if (name == NULL || value == NULL) {
        form->malformed = 1;
        return;
    }
    field = apr_array_push(form->fields);
    field->name = name;
    field->value = value;
}

mt_form_t *mt_form_parse(apr_pool_t *pool, const char *data, apr_size_t len)
{
    mt_form_t *form = apr_palloc(pool, sizeof(*form));

    form->fields = apr_array_make(pool, 8, sizeof(field_t));
    form->malformed = 0;
    while (len > 0) {
        const char *separator = memchr(data, '&', len);
        apr_size_t pair_len = separator != NULL ? (apr_size_t)(separator - data) : len;

        if (pair_len > 0)
            parse_pair(pool, form, data, pair_len);
        if (separator != NULL)
            pair_len++;
        data += pair_len;
        len -= pair_len;
    }
    return form;
}

int mt_form_is_malformed(const mt_form_t *form)
{
    return form->malformed;
}

const char *mt_form_get(const mt_form_t *form, const char *name)
{
    for (int i = 0; i < form->fields->nelts; i++) {
        const field_t *field = &APR_ARRAY_IDX(form->fields, i, field_t);

        if (strcmp(field->name, name) == 0)
            return field->value;
    }
    return NULL;
}
