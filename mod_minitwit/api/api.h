/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_API_H
#define MT_API_H

#include "http/request.h"

/* The endpoints of the simulator's API, for the routing table. All return OK, or the status of a failure. */

int mt_api_latest_show(mt_request_t *request);
int mt_api_register_post(mt_request_t *request);
int mt_api_msgs_show(mt_request_t *request);
int mt_api_msgs_show_user(mt_request_t *request);
int mt_api_msgs_post(mt_request_t *request);
int mt_api_fllws_show(mt_request_t *request);
int mt_api_fllws_post(mt_request_t *request);
int mt_api_contract_show(mt_request_t *request);       /* GET /openapi.json */
int mt_api_contract_show_page(mt_request_t *request);  /* GET /docs */
int mt_api_contract_show_style(mt_request_t *request); /* GET /docs/style.css */
int mt_api_contract_show_icon(mt_request_t *request);  /* GET /docs/icon.svg */

#endif
