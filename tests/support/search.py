# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The pages of the search, and its index."""

import urllib.parse

from support.installation import wait_until

ON = "MinitwitSearch On\nMinitwitSearchLimit 0\n"
NOTHING = "Nothing matches your search."


def path_of(query, **more):
    return "/-/search?" + urllib.parse.urlencode({"q": query} | more)


def is_indexed(database):
    return database.value(
        "SELECT complete >= (SELECT coalesce(max(id), 0) FROM messages) AND seen = complete FROM search_progress"
    )


def index(database):
    """Waits until the module has seen all messages, and those committed late."""
    wait_until(lambda: is_indexed(database), "the index of the search to be complete")


def found(browser, query):
    """The texts of the messages on the first page."""
    return browser.page(path_of(query)).texts


def names(page):
    """The names of the users on a page of results."""
    return [link.raw_text for link in page.select("ul.people strong > a")]
