/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/name.h"
#include "core/validate.h"
#include "http/counters.h"
#include "http/database.h"
#include "http/hashing.h"
#include "http/login_throttle.h"
#include "http/session.h"
#include "http/username.h"
#include "web/message.h"
#include "web/next.h"
#include "web/page.h"
#include "web/web.h"

#include <apr_strings.h>

typedef struct registration_t {
    const char *username;
    const char *email;
    const char *password;
    const char *password2;
} registration_t;

typedef struct login_t {
    const char *username;
    const char *password;
    mt_user_t *user;
    const char *problem; /* the message to show, or NULL */
    int is_counted;      /* 1: it counts as a wrong password although the password was not compared */
} login_t;

static const char invalid_username[] = "Invalid username";
static const char invalid_password[] = "Invalid password";

/* Redirects a user who is signed in. */
static int go_on(mt_request_t *request)
{
    const char *next = mt_web_next_asked(request);

    return mt_request_redirect(request, next ? next : "/");
}

static int show_login(mt_request_t *request, const char *error, const char *username, const char *text)
{
    mt_login_view_t view = { .layout = { .title = "Sign In",
                                         .description = "Sign in to MiniTwit, and share short messages." },
                             .error = error,
                             .is_username_wrong = error == invalid_username,
                             .is_password_wrong = error == invalid_password,
                             .username = username,
                             .text = text,
                             .answers = request->form ? mt_form_get(request->form, "answers") : NULL,
                             .next = mt_web_next_asked(request) };

    view.next_query = mt_web_next_query(request, view.next);
    if (!username)
        view.username = mt_session_flash_username(request);
    return mt_web_page_render(request, MT_SITE_LOGIN, NULL, &view.layout);
}

/* Sets the field that the error is about: the first one with a mistake, as in mt_validate_registration. */
static void mark_wrong(apr_pool_t *pool, mt_register_view_t *view, const registration_t *typed)
{
    const char *username = mt_name_normalize(pool, typed->username);

    if (view->error == mt_validate_username_taken || mt_validate_username(username, mt_username_reserved()))
        view->is_username_wrong = 1;
    else if (mt_validate_email(typed->email))
        view->is_email_wrong = 1;
    else if (*typed->password == '\0')
        view->is_password_wrong = 1;
    else
        view->is_password2_wrong = 1;
}

static int show_register(mt_request_t *request, const char *error, const registration_t *typed)
{
    mt_register_view_t view = {
        .layout = { .title = "Sign Up",
                    .description = "Sign up for MiniTwit: share short messages, and follow other users." },
        .error = error,
        .next = mt_web_next_asked(request),
    };

    view.next_query = mt_web_next_query(request, view.next);
    if (typed) {
        view.username = typed->username;
        view.email = typed->email;
    }
    if (error)
        mark_wrong(request->pool, &view, typed);
    return mt_web_page_render(request, MT_SITE_REGISTER, NULL, &view.layout);
}

/* Sets *value to a field of the form. Fails the request if the form has no such field. */
static int get_field(mt_request_t *request, const mt_form_t *form, const char *name, const char **value)
{
    *value = mt_form_get(form, name);
    if (*value)
        return OK;
    return mt_request_fail(request, HTTP_BAD_REQUEST,
                           apr_psprintf(request->pool, "The form is incomplete: its field \"%s\" is missing.", name));
}

/* Reads the form first, so that a failure to find the visitor can give its input back. If a user is signed in, sets
 * *visitor, and ignores mistakes in the form, because it is for visitors without a session. Otherwise sets *visitor to
 * NULL. */
static int read_form(mt_request_t *request, mt_user_t **visitor, mt_form_t **form)
{
    *visitor = NULL;
    int form_status = mt_request_form(request, form);

    if (request->is_answered)
        return form_status;
    int status = mt_web_page_visitor(request, visitor);
    if (status != OK)
        return status;
    mt_database_close(request);
    return *visitor ? OK : form_status;
}

int mt_web_account_ask_login(mt_request_t *request)
{
    mt_user_t *visitor;
    int status = mt_web_page_visitor(request, &visitor);

    if (status != OK)
        return status;
    return visitor ? go_on(request) : show_login(request, NULL, NULL, NULL);
}

/* Looks up the user, and compares the password without holding a connection. */
static int check_password(mt_request_t *request, login_t *login, mt_password_result_t *result)
{
    mt_connection_t *connection;
    int status = mt_database_open(request, &connection);

    if (status != OK)
        return status;
    apr_status_t found = mt_users_find(connection, request->pool, login->username, &login->user);
    if (found != APR_SUCCESS && found != APR_ENOENT)
        return mt_request_fail_store(request, connection);
    mt_database_close(request);
    if (found == APR_ENOENT) {
        login->problem = invalid_username;
        mt_counters_increment(MT_METRIC_LOGINS, MT_LOGIN_INVALID_USERNAME);
        return OK;
    }
    login->problem = NULL;
    status = mt_hashing_verify(request, login->password, login->user->password_hash, result, &login->is_counted);
    if (status == OK && *result == MT_PASSWORD_WRONG) {
        login->problem = invalid_password;
        mt_counters_increment(MT_METRIC_LOGINS, MT_LOGIN_INVALID_PASSWORD);
    }
    return status;
}

/* Replaces an outdated hash by a new one of the same password, unless it has changed in the meantime. */
static int replace_hash(mt_request_t *request, mt_user_t *user, const char *password)
{
    mt_connection_t *connection;
    const char *hash;
    int status = mt_hashing_make(request, password, &hash);

    if (status == OK)
        status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    apr_status_t replaced = mt_users_rehash(connection, user->id, user->password_hash, hash);
    if (replaced == APR_SUCCESS)
        user->password_hash = hash;
    return replaced == APR_EGENERAL ? mt_request_fail_store(request, connection) : OK;
}

/* Begins a session of the user if the password is right. Otherwise sets the problem. */
static int try_password(mt_request_t *request, login_t *login)
{
    int is_begun = 0;

    /* The hash may change between the comparison and the start of the session: another login replaces an outdated hash,
     * or the password changes. The next attempt compares the password with the new hash. */
    for (int i = 0; i < 3 && !is_begun; i++) {
        mt_password_result_t result = MT_PASSWORD_WRONG;
        int status = check_password(request, login, &result);
        if (status == OK && !login->problem && result == MT_PASSWORD_OUTDATED)
            status = replace_hash(request, login->user, login->password);
        if (status == OK && !login->problem)
            status = mt_session_begin(request, login->user, &is_begun);
        if (status != OK || login->problem)
            return status;
    }
    return is_begun
               ? OK
               : mt_request_fail(request, HTTP_SERVICE_UNAVAILABLE,
                                 "The password is being changed at this moment. Please try again in a few seconds.");
}

/* text: a message that the visitor could not share because their session had ended. NULL or "": none. */
static int log_in(mt_request_t *request, const char *username, const char *password, const char *text)
{
    login_t login = { .username = username, .password = password };
    mt_login_attempt_t attempt;
    int status = mt_login_throttle_begin(request, username, &attempt);

    if (status != OK) {
        mt_counters_increment(MT_METRIC_LOGINS, MT_LOGIN_THROTTLED);
        return status;
    }
    status = try_password(request, &login);
    if (status != OK) {
        if (!login.is_counted)
            mt_login_throttle_cancel(&attempt);
        return status;
    }
    if (login.problem)
        return show_login(request, login.problem, username, text);
    mt_login_throttle_succeed(&attempt);
    mt_counters_increment(MT_METRIC_LOGINS, MT_LOGIN_SUCCESS);
    if (text && *text) {
        mt_web_page_note_visitor(request, APR_SUCCESS, login.user);
        return mt_web_message_store(request, text);
    }
    mt_session_flash(request, MT_FLASH_LOGGED_IN, NULL);
    return go_on(request);
}

int mt_web_account_login(mt_request_t *request)
{
    mt_user_t *visitor;
    mt_form_t *form;
    const char *username;
    const char *password;
    int status = read_form(request, &visitor, &form);

    if (status != OK)
        return status;
    const char *text = request->form ? mt_form_get(request->form, "text") : NULL;
    if (visitor && text && *text)
        return mt_request_fail(request, HTTP_CONFLICT, "You are already signed in.");
    if (visitor)
        return go_on(request);
    status = get_field(request, form, "username", &username);
    if (status == OK)
        status = get_field(request, form, "password", &password);
    return status == OK ? log_in(request, username, password, text) : status;
}

int mt_web_account_ask_register(mt_request_t *request)
{
    mt_user_t *visitor;
    int status = mt_web_page_visitor(request, &visitor);

    if (status != OK)
        return status;
    return visitor ? go_on(request) : show_register(request, NULL, NULL);
}

/* Adds a user with valid data, under the NFC of the name. Looks up the name first, so that a name that is
 * taken costs no hash. The insertion checks it again, because another request may take the name in the meantime. */
static int add_user(mt_request_t *request, const registration_t *typed)
{
    const char *username = mt_name_normalize(request->pool, typed->username);
    mt_connection_t *connection;
    const char *hash;
    mt_user_t *other;
    apr_status_t result;
    int status = mt_database_open(request, &connection);

    if (status != OK)
        return status;
    result = mt_users_find(connection, request->pool, mt_name_decompose(request->pool, typed->username), &other);
    if (result == APR_SUCCESS)
        return show_register(request, mt_validate_username_taken, typed);
    if (result != APR_ENOENT)
        return mt_request_fail_store(request, connection);
    mt_database_close(request);

    status = mt_hashing_make(request, typed->password, &hash);
    if (status == OK)
        status = mt_database_open(request, &connection);
    if (status != OK)
        return status;
    result = mt_users_add(connection, username, typed->email, hash);
    if (result == APR_EEXIST)
        return show_register(request, mt_validate_username_taken, typed);
    if (result != APR_SUCCESS)
        return mt_request_fail_store(request, connection);
    mt_counters_increment(MT_METRIC_USERS_REGISTERED, 0);
    mt_session_flash(request, MT_FLASH_REGISTERED, username);
    return mt_request_redirect(
        request, apr_pstrcat(request->pool, "/login", mt_web_next_query(request, mt_web_next_asked(request)), NULL));
}

int mt_web_account_register(mt_request_t *request)
{
    registration_t typed;
    mt_user_t *visitor;
    mt_form_t *form;
    const char *problem;
    int status = read_form(request, &visitor, &form);

    if (status != OK)
        return status;
    if (visitor)
        return go_on(request);
    status = get_field(request, form, "username", &typed.username);
    if (status == OK)
        status = get_field(request, form, "email", &typed.email);
    if (status == OK)
        status = get_field(request, form, "password", &typed.password);
    if (status == OK)
        status = get_field(request, form, "password2", &typed.password2);
    if (status != OK)
        return status;
    problem = mt_validate_registration(mt_name_normalize(request->pool, typed.username), typed.email, typed.password,
                                       typed.password2, mt_username_reserved());
    return problem ? show_register(request, problem, &typed) : add_user(request, &typed);
}

int mt_web_account_logout(mt_request_t *request)
{
    if (!request->read_only) {
        int status = mt_session_end(request);

        if (status != OK)
            return status;
        mt_session_flash(request, MT_FLASH_LOGGED_OUT, NULL);
    }
    return mt_request_redirect(request, "/public");
}
