# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Several rounds, in each of which everything is measured once, what is compared side by side; and what they amount to."""

import dataclasses

from speed.sample import ratio, summarise


@dataclasses.dataclass
class Line:
    """One thing that is measured, or that follows from others of the same round."""

    name: str
    title: str
    measure: object = None  # () -> Sample
    derive: object = None  # (the samples of this round by name) -> Sample
    notes: dict = dataclasses.field(default_factory=dict)  # that go into the row
    samples: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Subject:
    """Lines that belong together. is_growth: each is held against the first; else the first against each of the others."""

    name: str
    group: str
    lines: list
    is_growth: bool = False

    def run_round(self, number, tell):
        # Whatever disturbs the machine hits each of them first equally often.
        order = [line for line in self.lines if line.measure]
        for line in order if number % 2 == 0 else reversed(order):
            sample = line.measure()
            line.samples.append(sample)
            tell(self, line, sample)
        current = {line.name: line.samples[-1] for line in order}
        for line in self.lines:
            if line.derive:
                line.samples.append(line.derive(current))

    def rows(self):
        first = self.lines[0]
        return [
            {
                "name": self.name if line is first and not self.is_growth else f"{self.name}/{line.name}",
                "of": None if line is first else self.name,
                "group": self.group,
                "title": line.title,
                "ratio": self._ratio(first, line),
                **summarise(line.samples),
                **line.notes,
            }
            for line in self.lines
        ]

    def _ratio(self, first, line):
        if line is first:
            return None
        return ratio(line.samples, first.samples) if self.is_growth else ratio(first.samples, line.samples)


def run(subjects, count, tell, warm_up):
    """All rounds. tell(subject, line, sample) is called after each measurement."""
    if warm_up:
        for subject in subjects:
            for line in subject.lines:
                if line.measure:
                    line.measure()
    for number in range(count):
        for subject in subjects:
            subject.run_round(number, tell)
