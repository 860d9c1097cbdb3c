/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_VIEWS_H
#define MT_VIEWS_H

#include "core/template.h"

/* The values that templates can show (core/template.h). Each view begins with that of the layout. Texts are not
 * escaped, because the templates do this. Names are isolated (core/name.h), except for those as typed. URLs begin with
 * the mount and are percent-encoded. NULL: absent. */

typedef struct mt_layout_view_t {
    const char *title;
    const char *owner;      /* of the page; "NAME's" then comes before the title */
    const char *mount;      /* the prefix of URLs; "" at the root */
    const char *style;      /* URL of the style sheet */
    const char *script;     /* URL of the script; NULL: there is none */
    const char *icon;       /* URL of the icon; NULL: there is none */
    const char *touch_icon; /* URL of the icon for a phone's home screen; NULL: there is none */
    const char *manifest;   /* URL of the web app manifest; NULL: there is none */
    const char *version;    /* of the module */
    const char *limit;      /* the maximum number of characters in a message */
    const char *flash;      /* the sentence that is shown once */
    const char *visitor;    /* name of the user who is signed in */
    int signed_in;          /* also 1 if there is a session cookie, but the user is unknown */
    /* For search engines and link previews. */
    const char *description;  /* one sentence; NULL: the page is not described at all */
    const char *canonical;    /* absolute URL, from mt_web_page_absolute; NULL: unknown, or not a public page */
    int noindex;              /* 1: search engines must not index the page. mt_web_page_render sets it */
    const char *og_title;     /* also for the window; NULL: the title with the owner */
    const char *og_type;      /* NULL: "website" */
    const char *feed;         /* URL of the Atom feed with the same messages */
    const char *mentions;     /* URL of the page; NULL: not in the navigation */
    const char *mentions_new; /* the number of new mentions, such as "3" or "99+" */
    int searchable;           /* 1: the navigation has a link to the search */
    /* 1 for the entry of the navigation that leads to this page. mt_web_page_render sets these. */
    int at_home, at_public, at_mentions, at_search, at_register, at_login;
} mt_layout_view_t;

typedef struct mt_message_view_t {
    const char *id;
    int is_new;  /* 1: a mention that the visitor sees for the first time */
    int is_main; /* 1: the page is that of this message */
    const char *username;
    const char *profile; /* URL of the author's timeline */
    const char *url;     /* of the message */
    const char *avatar;  /* URL */
    const char *html;    /* the text with links (web/text.h) */
    int is_long;         /* 1: the text may be higher than its box, and then scrolls */
    const char *date;
    const char *machine_date; /* the same, in the form of RFC 3339 */
    const char *answered;     /* the author of the message that it replies to */
    const char *answered_url; /* of that message */
    int is_orphan;            /* 1: it replies to a message that was deleted or is flagged */
} mt_message_view_t;

/* A part of a list of messages (web/messages.h). */
typedef struct mt_message_list_view_t {
    mt_list_t messages; /* mt_message_view_t */
    int paged;          /* 1: there is a link to another part */
    const char *newest; /* URL of the first part; NULL there */
    const char *newer;  /* URL of the previous part */
    const char *older;  /* URL of the next part; NULL on the last */
    const char *empty;  /* the sentence for an empty list; NULL: the usual one */
} mt_message_list_view_t;

/* The head of the pages of a user. */
typedef struct mt_profile_view_t {
    const char *name;
    const char *profile;  /* URL of the user's timeline */
    const char *portrait; /* URL of the large avatar; NULL: the page is not that of one user */
    const char *about;    /* HTML of the user's profile text, with links (web/text.h) */
    const char *joined;   /* month and year of the registration; NULL: unknown */
    const char *message_count;
    int has_one_message; /* 1: the count is 1 */
    const char *follower_count;
    int has_one_follower;
    const char *followee_count;
    const char *sign_in; /* URL of the form from which an anonymous visitor returns; NULL for others */
    int own;             /* 1: the user is the visitor */
    int at_messages;     /* 1: the page is the user's timeline; one of these three is 1 */
    int at_followers;
    int at_following;
} mt_profile_view_t;

typedef struct mt_timeline_view_t {
    mt_layout_view_t layout;
    int posting;    /* 1: with the form for a new message */
    int followed;   /* 1: the timeline is that of a user whom the visitor follows */
    int unfollowed; /* 1: it is that of another user */
    mt_profile_view_t head;
    mt_message_list_view_t list;
} mt_timeline_view_t;

typedef struct mt_thread_view_t {
    mt_layout_view_t layout;
    mt_list_t answered;          /* of mt_message_view_t: the message that this one answers, if there is one */
    mt_list_t message;           /* the message itself */
    mt_message_list_view_t list; /* its answers */
    const char *answers;         /* its id, for the form */
    const char *sign_in;         /* URL */
} mt_thread_view_t;
typedef struct mt_login_view_t {
    mt_layout_view_t layout;
    const char *error;
    int is_username_wrong; /* 1: the error is about this field */
    int is_password_wrong;
    const char *username;   /* as typed */
    const char *text;       /* a message to share after the login, as typed */
    const char *answers;    /* the id of the message that it answers, as sent */
    const char *next;       /* path below the mount of the page after the login; NULL: none */
    const char *next_query; /* the query that passes it on to another page; "" if there is none */
} mt_login_view_t;

typedef struct mt_register_view_t {
    mt_layout_view_t layout;
    const char *error;
    int is_username_wrong; /* 1: the error is about this field */
    int is_email_wrong;
    int is_password_wrong;
    int is_password2_wrong;
    const char *username; /* as typed */
    const char *email;    /* as typed */
    const char *next;     /* as in mt_login_view_t */
    const char *next_query;
} mt_register_view_t;

/* The form for the visitor's profile text. */
typedef struct mt_profile_form_view_t {
    mt_layout_view_t layout;
    const char *error;
    const char *about;   /* as typed */
    const char *profile; /* URL of the visitor's page */
} mt_profile_form_view_t;

/* A user in a list. */
typedef struct mt_person_view_t {
    const char *username;
    const char *profile; /* URL of the user's timeline */
    const char *avatar;  /* URL */
    const char *about;   /* HTML, as in mt_profile_view_t */
} mt_person_view_t;

/* A list of a user's followers or followees. */
typedef struct mt_people_view_t {
    mt_layout_view_t layout;
    mt_profile_view_t head;
    mt_list_t people;   /* mt_person_view_t */
    int paged;          /* 1: there is a link to another part */
    const char *newest; /* URL of the first part; NULL there */
    const char *newer;  /* URL of the previous part */
    const char *older;  /* URL of the next part; NULL on the last */
} mt_people_view_t;

typedef struct mt_search_view_t {
    mt_layout_view_t layout;
    const char *query;   /* as typed */
    const char *problem; /* a sentence: why there is no result */
    mt_list_t people;    /* mt_person_view_t */
    int has_people;
    int has_messages; /* 1: with the list of messages, which may be empty on a later page */
    int has_nothing;  /* 1: the search found nothing */
    mt_message_list_view_t list;
    const char *further; /* URL that continues the search. NULL: the search is complete, and these fields are absent */
    int is_upward;       /* 1: it continues with newer messages */
    const char *reached; /* the date of the first message that was not searched */
    const char *machine_reached; /* the same, in the form of RFC 3339 */
} mt_search_view_t;

/* A field of a form that failed. */
typedef struct mt_typed_view_t {
    const char *name;
    const char *label;
    const char *type;       /* "text" or "password" */
    const char *completion; /* for the attribute autocomplete */
    const char *value;      /* as typed */
    int is_multiline;       /* 1: a text area */
    int is_hidden;          /* 1: not shown; it has no label */
    const char *limit;      /* the number of characters that it may have; NULL: not shown */
} mt_typed_view_t;

typedef struct mt_failure_view_t {
    mt_layout_view_t layout;
    const char *problem;   /* what happened */
    const char *hint;      /* what to do */
    const char *way;       /* URL of a link to another page; NULL: none */
    const char *way_text;  /* text of this link */
    mt_list_t typed;       /* mt_typed_view_t: the form that failed */
    const char *again;     /* URL that takes this form; NULL: do not send it again */
    const char *submit;    /* text of the form's button */
    const char *reference; /* id of the request in the logs; NULL: the log has no more than the page */
    const char *next;      /* as in mt_login_view_t */
} mt_failure_view_t;

extern const mt_field_t mt_web_views_layout[];
extern const mt_field_t mt_web_views_timeline[];
extern const mt_field_t mt_web_views_thread[];
extern const mt_field_t mt_web_views_search[];
extern const mt_field_t mt_web_views_login[];
extern const mt_field_t mt_web_views_register[];
extern const mt_field_t mt_web_views_profile[];
extern const mt_field_t mt_web_views_people[];
extern const mt_field_t mt_web_views_failure[];

#endif
