/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_ACCEPT_H
#define MT_ACCEPT_H

/* The header Accept, and the weights that it shares with other headers (RFC 9110, sections 12.4.2 and 12.5.1). */

#define MT_ACCEPT_WEIGHT_ONE 1000 /* weights have three decimal places */

/* Reads a weight from "0" to "1" with up to three decimal places. Returns it in thousandths and moves *text past it.
 * Returns -1 for any other text. */
int mt_accept_parse_weight(const char **text);

/* A media type that the server can send. */
typedef struct mt_accept_offer_t {
    const char *type;    /* such as "text/plain" */
    const char *version; /* value of its parameter "version" */
} mt_accept_offer_t;

/* Returns the offer's weight in thousandths: that of the most specific media range that matches the offer, and 0 if
 * none does. If several are equally specific, the highest weight counts. *is_named: 1 if this range names the type,
 * without a wildcard. accept: the header's value, or NULL, which accepts everything.
 *
 * A range with another version does not match. All other parameters are ignored, and so are malformed ranges. */
int mt_accept_weigh(const char *accept, const mt_accept_offer_t *offer, int *is_named);

#endif
