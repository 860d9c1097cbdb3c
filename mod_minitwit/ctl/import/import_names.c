/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/import/import_names.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define DELETED                                                                                                        \
    .name = "deleted", .usual = "deletedat isdeleted discardedat removed removedat deletedon datedeleted",             \
    .missing = "none", .is_silent = 1, .meaning = "a row with a value here is left out"

const mt_import_names_t mt_ctl_import_names[MT_IMPORT_TABLES] = {
    [MT_IMPORT_USERS] = { "users",
                          "user",
                          "user users account accounts author authors member members person people profile profiles",
                          { { .name = "user_id", .usual = "userid", .is_id = 1 },
                            { .name = "username",
                              .usual = "name login nickname handle loginname userlogin accountname" },
                            { .name = "email",
                              .usual = "emailaddress mail useremail mailaddress",
                              .missing = "no user has an address" },
                            { .name = "pw_hash",
                              .usual = "passwordhash pwdhash passhash hashedpassword passworddigest encryptedpassword "
                                       "hashpassword hashpw cryptedpassword",
                              .weak = "password pwd pw pass hash",
                              .missing = "no user has a password",
                              .is_asked = 1 },
                            { DELETED } } },
    [MT_IMPORT_MESSAGES] = { "messages",
                             "message",
                             "message messages msg msgs post posts tweet tweets twit twits twitt twitts cheep cheeps "
                             "chirp chirps",
                             { { .name = "message_id", .usual = "messageid msgid", .is_id = 1 },
                               { .name = "author_id",
                                 .usual = "authorid userid ownerid senderid creatorid accountid writerid posterid "
                                          "personid memberid profileid",
                                 .weak = "author user owner sender creator createdby postedby username authorname "
                                         "authorusername" },
                               { .name = "text",
                                 .usual = "content contents body message messagetext messagecontent messagebody msg "
                                          "tweet posttext postcontent tweettext" },
                               { .name = "pub_date",
                                 .usual = "publicationdate publishdate publisheddate publishedat pubtime datepublished "
                                          "timestamp date created createdat createddate createdon creationdate "
                                          "creationtime createtime datecreated insertedat posted postedat posteddate "
                                          "postdate dateposted time datetime pubdatetime",
                                 .missing = "no message has a date",
                                 .is_asked = 1,
                                 .meaning = "date" },
                               { .name = "flagged",
                                 .usual = "isflagged flag",
                                 .missing = "no message is flagged",
                                 .meaning = "hidden unless 0, false or empty" },
                               { DELETED } } },
    [MT_IMPORT_FOLLOWS] = { "follows",
                            "follower",
                            "follower followers follow follows following followings followed followee followees "
                            "followship followships subscription subscriptions relationship relationships fllws "
                            "authorauthor useruser",
                            { { .name = "who_id",
                                .usual = "who followerid followeruserid followersid followersuserid followersauthorid "
                                         "sourceid sourceuserid fromid "
                                         "fromuserid subscriberid userwhoid",
                                .weak = "userid follower user username followername followerusername whoname "
                                        "whousername",
                                .meaning = "follower" },
                              { .name = "whom_id",
                                .usual = "whom followedid followeduserid followeeid followeeuserid followingid "
                                         "followinguserid followingauthorid followsid followsuserid targetid "
                                         "targetuserid toid touserid "
                                         "subscribedtoid userwhomid",
                                .weak = "followed followee following follows userid user followedname "
                                        "followedusername followeename followeeusername followingname "
                                        "followingusername whomname whomusername",
                                .meaning = "followed user" },
                              { DELETED },
                              { .name = "id",
                                .usual = "followid",
                                .missing = "none",
                                .is_silent = 1,
                                .is_id = 1,
                                .meaning = "order of the follows" } } },
};

const char *mt_ctl_import_names_fold(apr_pool_t *pool, const char *name)
{
    char *folded = apr_palloc(pool, strlen(name) + 1);
    char *end = folded;

    for (; *name; name++) {
        if (apr_isalnum(*name))
            *end++ = (char)apr_tolower(*name);
    }
    *end = '\0';
    return folded;
}

int mt_ctl_import_names_has(const char *list, const char *folded)
{
    apr_size_t len = strlen(folded);

    for (const char *at = list; at && *at; at += *at == ' ') {
        apr_size_t word = strcspn(at, " ");

        if (word == len && strncmp(at, folded, len) == 0)
            return 1;
        at += word;
    }
    return 0;
}

int mt_ctl_import_names_has_end(apr_pool_t *pool, const char *list, const char *name)
{
    apr_size_t len = strlen(name);

    for (apr_size_t i = 1; i < len; i++) {
        int is_start = !apr_isalnum(name[i - 1]) || (apr_isupper(name[i]) && !apr_isupper(name[i - 1]));

        if (is_start && mt_ctl_import_names_has(list, mt_ctl_import_names_fold(pool, name + i)))
            return 1;
    }
    return 0;
}
