/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "web/typed.h"

#include "core/integer.h"
#include "web/next.h"

#include <apr_strings.h>
#include <string.h>

/* A form with input fields. The template's own form has the same fields in the same order. */
typedef struct typed_form_t {
    const char *path; /* where it is sent to */
    const char *submit;
    const mt_typed_view_t *fields;
    int count;
} typed_form_t;

#define TEXT     "text"
#define PASSWORD "password"

static const mt_typed_view_t login_fields[] = {
    { .name = "username", .label = "Username", .type = TEXT, .completion = "username" },
    { .name = "password", .label = "Password", .type = PASSWORD, .completion = "current-password" },
    { .name = "text", .label = "Your message", .is_multiline = 1 },
    { .name = "answers", .is_hidden = 1 },
};

static const mt_typed_view_t register_fields[] = {
    { .name = "username", .label = "Username", .type = TEXT, .completion = "username" },
    { .name = "email", .label = "E-mail", .type = TEXT, .completion = "email" },
    { .name = "password", .label = "Password", .type = PASSWORD, .completion = "new-password" },
    { .name = "password2", .label = "Password, once more", .type = PASSWORD, .completion = "new-password" },
};

static const mt_typed_view_t profile_fields[] = {
    { .name = "about", .label = "About you", .is_multiline = 1 },
};

static const typed_form_t form_login = { "/login", "Sign In", login_fields, 2 };
static const typed_form_t form_login_message = { "/login", "Sign In and Share", login_fields, 4 };
static const typed_form_t form_message = { "/add_message", "Share", login_fields + 2, 2 };
static const typed_form_t form_register = { "/register", "Sign Up", register_fields, 4 };
static const typed_form_t form_profile = { "/-/profile", "Save", profile_fields, 1 };

int mt_web_typed_record(mt_request_t *request)
{
    mt_form_t *form;
    int status = OK;

    if (request->r->method_number == M_POST)
        status = mt_request_form(request, &form);
    return request->is_answered ? status : OK;
}

static int is_sent_to(const mt_request_t *request, const typed_form_t *form)
{
    return strcmp(request->label, form->path) == 0;
}

/* Returns the form that sends the input again, or NULL if the request had none. */
static const typed_form_t *find_form(const mt_request_t *request, int status)
{
    const char *text = mt_form_get(request->form, "text");
    int has_text = text && *text;

    if (is_sent_to(request, &form_register))
        return &form_register;
    if (is_sent_to(request, &form_login) && !request->user)
        return has_text ? &form_login_message : &form_login;
    if (is_sent_to(request, &form_profile))
        return &form_profile;
    if (!has_text)
        return NULL;
    return status == HTTP_UNAUTHORIZED ? &form_login_message : &form_message;
}

int mt_web_typed_answers(const mt_request_t *request, apr_int64_t *answers)
{
    const char *field = request->form ? mt_form_get(request->form, "answers") : NULL;

    *answers = 0;
    return !field || (mt_integer_parse(field, answers) && *answers > 0);
}

/* 1 if the form must send the field "answers" again, because the answered message may still exist. */
static int is_useful(const mt_request_t *request, int status)
{
    apr_int64_t answers;

    return status != HTTP_GONE && mt_web_typed_answers(request, &answers) && answers != 0;
}

/* Returns 0 if the page only shows the input, so that its author can copy it: it may come from the page of another
 * site, or need a session. */
static int is_sendable(int status, const typed_form_t *form)
{
    return status != HTTP_FORBIDDEN && (status != HTTP_UNAUTHORIZED || form != &form_profile);
}

/* Adds the fields of the form to the array, and returns their number. *typed: the number of those with input. */
static int fill_in(const mt_request_t *request, int status, const typed_form_t *form, mt_typed_view_t *fields,
                   int *typed)
{
    int can_send = is_sendable(status, form);
    int count = 0;

    for (int i = 0; i < form->count; i++) {
        mt_typed_view_t field = form->fields[i];
        int is_secret = !field.is_hidden && !field.is_multiline && strcmp(field.type, PASSWORD) == 0;
        field.value = is_secret ? NULL : mt_form_get(request->form, field.name);
        if (strcmp(field.name, "text") == 0)
            field.limit = apr_psprintf(request->pool, "%" APR_INT64_T_FMT, request->config->message_max);
        int is_typed = !field.is_hidden && field.value && *field.value;
        *typed += is_typed;
        if (field.is_hidden ? can_send && is_useful(request, status) : can_send || is_typed)
            fields[count++] = field;
    }
    return count;
}

void mt_web_typed_show(const mt_request_t *request, int status, mt_failure_view_t *view)
{
    const typed_form_t *form = request->form ? find_form(request, status) : NULL;
    mt_typed_view_t *fields;
    int count, typed = 0;

    if (!form)
        return;
    fields = apr_pcalloc(request->pool, (apr_size_t)form->count * sizeof(*fields));
    count = fill_in(request, status, form, fields, &typed);
    if (typed == 0)
        return;
    view->typed = (mt_list_t){ .items = fields, .count = (apr_size_t)count, .size = sizeof(*fields) };
    if (is_sendable(status, form)) {
        view->again = apr_pstrcat(request->pool, request->mount, form->path, NULL);
        view->submit = form->submit;
        if (form == &form_login || form == &form_register)
            view->next = mt_web_next_asked(request);
        if (status == HTTP_UNAUTHORIZED)
            view->hint = "Your message has not been shared yet. Sign in to share it.";
    }
}
