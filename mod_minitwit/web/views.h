/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_VIEWS_H
#define MT_VIEWS_H

#include "core/template.h"

/* What the templates can show. Each view begins with the layout's. All texts are plain: templates escape them. URLs
 * begin with the mount and are percent-encoded. NULL: absent. */

typedef struct mt_layout_view_t {
    const char *title;
    const char *owner;   /* of the page: the title then follows "NAME's" */
    const char *mount;   /* what URLs begin with; "" at the root */
    const char *style;   /* URL of the style sheet */
    const char *icon;    /* URL of the icon */
    const char *version; /* of the module */
    const char *flash;   /* shown once */
    const char *visitor; /* name of the user who is signed in */
    int signed_in;       /* 1 also where only the session's cookie was seen, so that the name is not known */
} mt_layout_view_t;

typedef struct mt_message_view_t {
    const char *username;
    const char *profile; /* URL of the author's timeline */
    const char *avatar;  /* URL */
    const char *text;
    const char *date;
} mt_message_view_t;

typedef struct mt_timeline_view_t {
    mt_layout_view_t layout;
    int posting;         /* 1: with the form for a new message */
    int own;             /* at most one of these three: the visitor looks at his own timeline, */
    int followed;        /* at that of a user whom he follows, */
    int unfollowed;      /* or at that of another */
    const char *profile; /* URL of this timeline, when it is one user's */
    mt_list_t messages;  /* mt_message_view_t */
    int paged;           /* 1: there is a link to another page */
    const char *newest;  /* URL of page one; NULL on page one */
    const char *older;   /* URL of the next page; NULL on the last */
} mt_timeline_view_t;

typedef struct mt_login_view_t {
    mt_layout_view_t layout;
    const char *error;
    const char *username; /* as typed */
} mt_login_view_t;

typedef struct mt_register_view_t {
    mt_layout_view_t layout;
    const char *error;
    const char *username; /* as typed */
    const char *email;    /* as typed */
} mt_register_view_t;

typedef struct mt_failure_view_t {
    mt_layout_view_t layout;
    const char *status;   /* the number */
    const char *problem;  /* what happened */
    const char *hint;     /* what to do */
    const char *way;      /* URL of the way out */
    const char *way_text; /* and what to call it */
} mt_failure_view_t;

extern const mt_field_t mt_web_views_layout[];
extern const mt_field_t mt_web_views_timeline[];
extern const mt_field_t mt_web_views_login[];
extern const mt_field_t mt_web_views_register[];
extern const mt_field_t mt_web_views_failure[];

#endif
