/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "routes.h"

#include "api/answer.h"
#include "api/api.h"
#include "ops/health.h"
#include "ops/metrics_endpoint.h"
#include "web/typed.h"
#include "web/web.h"

#define WEB     "minitwit-web"
#define API     "minitwit-api"
#define HEALTH  "minitwit-health"
#define METRICS "minitwit-metrics"

#define GET     MT_ROUTE_GET
#define POST    MT_ROUTE_POST
#define CHANGES MT_ROUTE_CHANGES
#define AS_FILE MT_ROUTE_FILE

const mt_handler_t mt_routes_handlers[] = {
    { .name = WEB, .needs_site = 1, .forgives_slash = 1, .record = mt_web_typed_record, .fail = mt_web_page_fail },
    { .name = API, .needs_credentials = 1, .record = mt_api_answer_record, .fail = mt_api_answer_fail },
    { .name = HEALTH, .last_segment = 1, .fail = mt_ops_health_fail },
    { .name = METRICS, .needs_watch = 1, .fail = mt_ops_metrics_fail },
    { .name = NULL },
};

/* The first path that matches counts, so a fixed path comes before a <segment> that also matches it. */
const mt_route_t mt_routes[] = {
    { WEB, GET, "/", mt_web_timeline_home },
    { WEB, GET, "/public", mt_web_timeline_public },
    { WEB, POST, "/add_message", mt_web_message_add },
    { WEB, GET, "/login", mt_web_account_ask_login },
    { WEB, POST, "/login", mt_web_account_login },
    { WEB, GET, "/register", mt_web_account_ask_register },
    { WEB, POST, "/register", mt_web_account_register },
    { WEB, GET | POST | CHANGES, "/logout", mt_web_account_logout },
    { WEB, GET | AS_FILE, "/favicon.ico", mt_web_static_send_favicon },
    { WEB, GET | AS_FILE, "/robots.txt", mt_web_static_send_robots },
    { WEB, GET | AS_FILE, "/-/manifest.webmanifest", mt_web_static_send_manifest },
    { WEB, GET | AS_FILE, "/-/sitemap.xml", mt_web_sitemap_show },
    { WEB, GET, "/-/search", mt_web_search_show },
    { WEB, GET | AS_FILE, "/static/avatar/<file>", mt_web_avatar_send },
    { WEB, GET | AS_FILE, "/static/<file>", mt_web_static_send },
    { WEB, GET | AS_FILE, "/-/feed", mt_web_feed_public },
    { WEB, GET, "/-/mentions", mt_web_mentions_show },
    { WEB, GET, "/-/tag/<tag>", mt_web_tag_show },
    { WEB, GET | AS_FILE, "/-/tag/<tag>/feed", mt_web_feed_tag },
    { WEB, GET, "/-/profile", mt_web_profile_ask },
    { WEB, POST, "/-/profile", mt_web_profile_save },
    { WEB, GET | POST | CHANGES, "/<username>/follow", mt_web_follow_add },
    { WEB, GET | POST | CHANGES, "/<username>/unfollow", mt_web_follow_remove },
    { WEB, GET, "/<username>/followers", mt_web_people_followers },
    { WEB, GET, "/<username>/following", mt_web_people_followees },
    { WEB, GET | AS_FILE, "/<username>/feed", mt_web_feed_user },
    { WEB, GET, "/<username>/<id>", mt_web_thread_show },
    { WEB, GET, "/<username>", mt_web_timeline_user },

    { API, GET, "/latest", mt_api_latest_show },
    { API, POST, "/register", mt_api_register_post },
    { API, GET, "/msgs", mt_api_msgs_show },
    { API, GET, "/msgs/<username>", mt_api_msgs_show_user },
    { API, POST, "/msgs/<username>", mt_api_msgs_post },
    { API, GET, "/fllws/<username>", mt_api_fllws_show },
    { API, POST, "/fllws/<username>", mt_api_fllws_post },

    { API, GET, "/openapi.json", mt_api_contract_show },
    { API, GET, "/docs", mt_api_contract_show_page },
    { API, GET, "/docs/style.css", mt_api_contract_show_style },
    { API, GET, "/docs/icon.svg", mt_api_contract_show_icon },

    { HEALTH, GET, "/livez", mt_ops_health_live },
    { HEALTH, GET, "/readyz", mt_ops_health_ready },

    { METRICS, GET, "/", mt_ops_metrics_show },
    { .handler = NULL },
};
