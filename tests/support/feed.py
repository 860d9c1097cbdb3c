# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""An Atom feed (RFC 4287), read by a strict parser of XML."""

import datetime
import html.parser
import re
import urllib.parse
import xml.etree.ElementTree

_ATOM = "{http://www.w3.org/2005/Atom}"
_THREAD = "{http://purl.org/syndication/thread/1.0}"
TYPE = "application/atom+xml; charset=utf-8"
# RFC 4151, with a name of one label instead of a domain.
_TAG = re.compile(r"tag:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12},\d{4}-\d\d-\d\d:[a-z]+(:[\w.~%-]+)?")


class _Part:
    """A feed or an entry."""

    def __init__(self, element, base):
        self._element = element
        self._base = base
        self.id = self._text("id")
        assert _TAG.fullmatch(self.id), self.id
        self.key = self.id.split(":", 2)[2]
        self.title = self._text("title")
        self.updated = read_date(self._text("updated"))

    def _text(self, name):
        found = self._element.findall(_ATOM + name)
        assert len(found) == 1, f"{len(found)} elements {name}"
        return found[0].text or ""

    def href(self, relation):
        """The address of a link as it is written."""
        (link,) = [link for link in self._element.findall(_ATOM + "link") if link.get("rel") == relation]
        assert link.get("type") == ("application/atom+xml" if relation == "self" else "text/html")
        return link.get("href")

    def link(self, relation):
        """The address of a link as a reader of the feed resolves it."""
        return urllib.parse.urljoin(self._base, self.href(relation))

    @property
    def author(self):
        """The name and the address of the author; None if there is none."""
        found = self._element.findall(_ATOM + "author")
        assert len(found) <= 1
        return tuple(found[0].find(_ATOM + name).text for name in ("name", "uri")) if found else None


class Entry(_Part):
    def __init__(self, element, base):
        super().__init__(element, base)
        self.published = read_date(self._text("published"))
        self.html = self._text("content")
        assert element.find(_ATOM + "content").get("type") == "html"

    @property
    def answered(self):
        """The id and the address of the message that this one answers; None if there is none."""
        found = self._element.findall(_THREAD + "in-reply-to")
        assert len(found) <= 1
        return (found[0].get("ref"), found[0].get("href")) if found else None

    @property
    def text(self):
        """The visible text of the content."""
        return visible(self.html)


class Feed(_Part):
    def __init__(self, answer):
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == TYPE
        self.source = answer.content
        super().__init__(xml.etree.ElementTree.fromstring(answer.content), answer.url)
        assert self._element.tag == _ATOM + "feed"
        self.entries = [Entry(entry, answer.url) for entry in self._element.findall(_ATOM + "entry")]


class _Visible(html.parser.HTMLParser):
    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert tag in ("p", "a", "br"), f"<{tag}> in a feed"
        if tag == "br":
            self.text += "\n"

    def handle_data(self, data):
        self.text += data


def visible(source):
    """The visible text of the HTML of a content."""
    return _Visible(source).text


def read_date(text):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text), text
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
