# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The report of a replay."""

from collections import Counter
from math import ceil

from scenario.actions import KINDS
from scenario.player import Outcome

_SLOW = 0.3  # s: when the simulator gives up
_SHOWN = 20


def summarise(actions, tally, verdict):
    """Returns the report, for JSON. verdict: None if the state was not verified."""
    outcomes = Counter(tally.outcomes.values())
    settled = outcomes[Outcome.DONE] + outcomes[Outcome.REFUSED] + outcomes[Outcome.UNKNOWN]
    started = min((one.started for one in tally.attempts), default=0)
    seconds = max((one.ended for one in tally.attempts), default=0) - started
    unavailable = [one for one in tally.attempts if one.status == 503]
    latencies = {kind: [] for kind in (*KINDS, "all")}
    for one in tally.attempts:
        if one.status is not None or one.timed_out:
            for kind in (actions[one.place].kind, "all"):
                latencies[kind].append(one.ended - one.started)
    first = [
        {"id": actions[place].id, "kind": actions[place].kind, "text": text}
        for place, text in tally.unexpected[:_SHOWN]
    ]
    summary = {
        "actions": len(actions),
        "done": outcomes[Outcome.DONE],
        "unsent": len(actions) - len(tally.outcomes),
        "skipped": outcomes[Outcome.SKIPPED],
        "retries": len(tally.attempts) - settled,
        "uncertain": sum(
            outcome == Outcome.UNKNOWN and actions[place].kind == "tweet" for place, outcome in tally.outcomes.items()
        ),
        "unavailable": len(unavailable),
        "unavailable_without_retry_after": sum(not one.has_retry_after for one in unavailable),
        "lost": sum(one.status is None for one in tally.attempts),
        "seconds": round(seconds, 6),
        "rate": round(outcomes[Outcome.DONE] / seconds, 3) if seconds else 0.0,
        "latency": {kind: _measure(found) for kind, found in latencies.items()},
        "unexpected": {"count": len(tally.unexpected), "first": first},
        "verify": None,
    }
    if verdict:
        problems = {"count": len(verdict.problems), "first": verdict.problems[:_SHOWN]}
        summary["verify"] = vars(verdict) | {"problems": problems}
    return summary


def _measure(latencies):
    """Nearest-rank percentiles, in seconds."""
    ordered = sorted(latencies)
    result = {"count": len(ordered), "slow": sum(latency > _SLOW for latency in ordered)}
    for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1)):
        result[name] = round(ordered[ceil(share * len(ordered)) - 1], 6) if ordered else None
    return result
