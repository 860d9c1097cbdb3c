# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""An HTML page as a tree with simple CSS selectors."""

import html.parser
import re

NO_MESSAGE = "There's no message so far."
NO_OLDER = "There are no older messages."

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_PART = re.compile(r"([a-zA-Z][\w-]*)|\.([\w-]+)|#([\w-]+)|\[([\w-]+)(?:=\"?([^\]\"]*)\"?)?\]")


class Element:
    def __init__(self, tag, attributes, parent):
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children = []  # elements and strings

    def __getitem__(self, name):
        return self.attributes[name]

    def get(self, name):
        return self.attributes.get(name)

    @property
    def classes(self):
        return (self.attributes.get("class") or "").split()

    @property
    def raw_text(self):
        """All text inside, unchanged."""
        return "".join(child if isinstance(child, str) else child.raw_text for child in self.children)

    @property
    def text(self):
        """All text inside, with collapsed white space."""
        return " ".join(self.raw_text.split())

    def descendants(self):
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.descendants()

    def select(self, selector):
        """The elements below this one that match a selector, in document order. It may contain tags, .classes, #ids and
        [attributes], joined by spaces (anywhere below) and > (directly below)."""
        steps = selector.replace(">", " > ").split()
        return [element for element in self.descendants() if _matches(element, steps, self)]

    def one(self, selector):
        """The only element that matches."""
        found = self.select(selector)
        assert len(found) == 1, f"{len(found)} elements match {selector}"
        return found[0]


class Page(Element):
    def __init__(self, source):
        super().__init__("#document", {}, None)
        self.source = source
        parser = _Parser(self)
        parser.feed(source)
        parser.close()
        assert parser.open == [self], f"not closed: {[element.tag for element in parser.open[1:]]}"

    @property
    def title(self):
        return self.one("title").text

    @property
    def heading(self):
        """The heading of the page's body."""
        return self.one("div.body h2").text

    @property
    def flashes(self):
        return [item.text for item in self.select("ul.flashes > li")]

    @property
    def errors(self):
        return [item.text for item in self.select("div.error")]

    @property
    def messages(self):
        return [Message(item) for item in self.select("ul.messages > li") if not item.select("em")]

    @property
    def texts(self):
        return [message.text for message in self.messages]

    def link(self, text):
        """The address of the link with this text."""
        found = [element["href"] for element in self.select("a") if element.text == text]
        assert len(found) == 1, f"{len(found)} links say {text!r}"
        return found[0]

    def has_link(self, text):
        return any(element.text == text for element in self.select("a"))


class Message:
    """A message in a timeline."""

    def __init__(self, item):
        self.item = item
        self.image = item.one("img")
        self.author_link = item.one("p strong > a")
        self.author = self.author_link.raw_text
        self.date = item.one("p small").text
        self.address = item.one("p small a")["href"]
        paragraph = item.one("p")
        inside = paragraph.raw_text
        before, _, after = inside.partition(self.author)
        assert not before.strip(), f"text before the name: {before!r}"
        self.text = after.rpartition(item.one("p small").raw_text)[0].strip()

    @property
    def id(self):
        """Of the message in the database."""
        return int(self.address.rpartition("/")[2])


class _Parser(html.parser.HTMLParser):
    """Strict, where a browser would repair the page: each element must be closed in its place."""

    def __init__(self, root):
        super().__init__(convert_charrefs=True)
        self.open = [root]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in <{tag}>"
        element = Element(tag, dict(attrs), self.open[-1])
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.open[-1].children.append(Element(tag, dict(attrs), self.open[-1]))

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def _matches(element, steps, scope):
    if not _fits(element, steps[-1]):
        return False
    rest = steps[:-1]
    if not rest:
        return True
    if rest[-1] == ">":
        parent = element.parent
        return parent is not None and parent is not scope and _matches(parent, rest[:-1], scope)
    parent = element.parent
    while parent is not None and parent is not scope:
        if _matches(parent, rest, scope):
            return True
        parent = parent.parent
    return False


def _fits(element, step):
    position = 0
    while position < len(step):
        part = _PART.match(step, position)
        assert part, f"cannot read the selector {step!r}"
        tag, css_class, identifier, attribute, value = part.groups()
        if tag and element.tag != tag:
            return False
        if css_class and css_class not in element.classes:
            return False
        if identifier and element.attributes.get("id") != identifier:
            return False
        if attribute and attribute not in element.attributes:
            return False
        if attribute and value is not None and element.attributes[attribute] != value:
            return False
        position = part.end()
    return True
