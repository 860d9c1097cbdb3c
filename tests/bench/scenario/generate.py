# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Makes scenarios that look like the simulator's: few users at first and ever more, many messages, ever more follows,
a few unfollows. The same numbers give the same scenario."""

import random
import unicodedata

from scenario import vocabulary
from scenario.actions import Action

START_TIME = 1_600_000_000_000  # ms since 1970
MEAN_DELAY = 1_600_000  # ms

# Shares at the end of a scenario. Follows begin at FOLLOW_START of it; unfollows come later than follows do.
FOLLOW_START = 0.02
FOLLOW_GROWTH = 0.14
UNFOLLOW_GROWTH = 0.03

REPEATED_FOLLOWS = 0.05  # share of follows of somebody who is followed already
REAL_UNFOLLOWS = 0.3  # share of unfollows of somebody who is followed; the others are of just anybody

MESSAGE_LENGTH = 140


def generate(users, actions, seed):
    """Yields the actions; raises ValueError when there are fewer actions than users."""
    if users < 1 or actions < users:
        raise ValueError("there must be a user at least, and no fewer actions than users")
    return _Generator(users, actions, seed).actions()


class _Generator:
    def __init__(self, users, actions, seed):
        self.random = random.Random(seed)
        self.user_count = users
        self.action_count = actions
        self.names = []
        self.taken = set()
        self.followed = {}  # name: those whom he follows, in order, so that choices do not depend on hashing

    def actions(self):
        time = START_TIME
        registrations = self._registration_places()
        for number in range(self.action_count):
            delay = int(self.random.expovariate(1 / MEAN_DELAY)) if number else 0
            time += delay
            if number in registrations:
                rest = self._register()
            else:
                rest = self._act(number / self.action_count)
            yield Action(number, delay, time, *rest)

    def _registration_places(self):
        """Which actions are registrations: the share of users who are there grows with the square root of time."""
        places = set()
        place = -1
        for user in range(self.user_count):
            place = max(place + 1, user * user * self.action_count // (self.user_count * self.user_count))
            places.add(place)
        return places

    def _register(self):
        name = self._make_name()
        self.names.append(name)
        self.followed[name] = {}
        length = self.random.randint(5, 12)
        password = "".join(self.random.choices(vocabulary.PASSWORD_CHARACTERS, k=length))
        return "register", name, self._make_email(name), password

    def _make_name(self):
        parts = [self.random.choice(vocabulary.FIRST_NAMES), self.random.choice(vocabulary.LAST_NAMES)]
        name = " ".join(parts)
        while name in self.taken:
            parts.insert(1, self.random.choice(vocabulary.FIRST_NAMES))
            name = " ".join(parts)
        self.taken.add(name)
        return name

    def _make_email(self, name):
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        words = "".join(letter if letter.isalnum() else " " for letter in plain).split() or ["user"]
        return self.random.choice(".-+").join(words) + "@" + self.random.choice(vocabulary.DOMAINS)

    def _act(self, progress):
        name = self.random.choice(self.names)
        draw = self.random.random()
        unfollows = UNFOLLOW_GROWTH * progress * progress
        follows = FOLLOW_START + FOLLOW_GROWTH * progress
        if len(self.names) > 1 and draw < unfollows:
            return "unfollow", name, self._unfollow(name)
        if len(self.names) > 1 and draw < unfollows + follows:
            return "follow", name, self._follow(name)
        return "tweet", name, self._make_text()

    def _follow(self, name):
        followed = self.followed[name]
        if followed and self.random.random() < REPEATED_FOLLOWS:
            return self.random.choice(list(followed))
        other = self._choose_other(name)
        followed[other] = True
        return other

    def _unfollow(self, name):
        followed = self.followed[name]
        if followed and self.random.random() < REAL_UNFOLLOWS:
            other = self.random.choice(list(followed))
        else:
            other = self._choose_other(name)
        followed.pop(other, None)
        return other

    def _choose_other(self, name):
        while True:
            other = self.random.choice(self.names)
            if other != name:
                return other

    def _make_text(self):
        text = self._make_sentence()
        while len(text) < MESSAGE_LENGTH and self.random.random() < 0.4:
            if self.random.random() < 0.5:
                text += " " + self.random.choice(vocabulary.REMARKS)
            else:
                text += " " + self._make_sentence()
        return text[:MESSAGE_LENGTH]

    def _make_sentence(self):
        choose = self.random.choice
        words = [choose(vocabulary.SUBJECTS), choose(vocabulary.VERBS), choose(vocabulary.OBJECTS)]
        if self.random.random() < 0.6:
            words.append(choose(vocabulary.ENDINGS))
        sentence = " ".join(words) + choose(vocabulary.PUNCTUATION)
        return sentence[0].upper() + sentence[1:]
