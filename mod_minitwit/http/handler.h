/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_HANDLER_H
#define MT_HANDLER_H

struct mt_request_t;

/* What SetHandler can name. */
typedef struct mt_handler_t {
    const char *name;
    int needs_site;        /* 1: it renders pages, so templates are loaded */
    int needs_credentials; /* 1: its clients send the API's credentials */
    int needs_watch;       /* 1: it shows what is read from the database in the background */
    int last_segment; /* 1: only the last segment of the path counts (health), so that a Location may name it whole */
    int (*record)(struct mt_request_t *request); /* writes down what counts although the request is refused for where it
                                                  * comes from; OK, or another failure. NULL: nothing */
    void (*fail)(struct mt_request_t *request, int status); /* fills in the response for a failure: status, body and
                                                             * type; response.problem says what to tell, never NULL */
} mt_handler_t;

#endif
