/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TYPED_H
#define MT_TYPED_H

#include "http/request.h"
#include "web/views.h"

/* The page of a failure shows the input of the form, except for passwords, so that nobody has to type it again. */

/* The handler's record function (http/handler.h). Reads the form of a refused request. Returns OK. */
int mt_web_typed_record(mt_request_t *request);

/* Sets the fields of the view that show the form of a failed request. status: of the failure. Sets nothing if the
 * request had no form with input. */
void mt_web_typed_show(const mt_request_t *request, int status, mt_failure_view_t *view);

/* Sets *answers to the id in the field "answers" of the request's form, or to 0 if the form has no such field. Returns
 * 0 if its value cannot be an id. */
int mt_web_typed_answers(const mt_request_t *request, apr_int64_t *answers);

#endif
