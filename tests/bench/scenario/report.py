# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What a replay has to say, as a dictionary for machines and as text for people."""

from collections import Counter
from math import ceil

from scenario.actions import KINDS
from scenario.player import SLOW, UNEXPECTED_SHOWN, Outcome


def summarise(actions, tally, verdict):
    """verdict: None when nothing was verified."""
    outcomes = Counter(tally.outcomes.values())
    uncertain = sum(
        1 for place, outcome in tally.outcomes.items()
        if outcome == Outcome.UNKNOWN and actions[place].kind == "tweet"
    )
    seconds = max(tally.ended - tally.started, 0.0)
    everything = [latency for latencies in tally.latencies.values() for latency in latencies]
    summary = {
        "actions": len(actions),
        "done": outcomes[Outcome.DONE],
        "unsent": len(actions) - sum(outcomes.values()) + outcomes[Outcome.UNSENT],
        "skipped": outcomes[Outcome.SKIPPED],
        "retries": tally.retries,
        "uncertain": uncertain,
        "unavailable": tally.unavailable,
        "unavailable_without_retry_after": tally.hasty,
        "lost": tally.lost,
        "seconds": round(seconds, 6),
        "rate": round(outcomes[Outcome.DONE] / seconds, 3) if seconds else 0.0,
        "latency": {kind: _measure(tally.latencies[kind]) for kind in KINDS if kind in tally.latencies},
        "unexpected": {
            "count": tally.unexpected_count,
            "first": [
                {"id": actions[place].id, "kind": actions[place].kind, "what": what}
                for _, place, what in tally.unexpected
            ],
        },
        "verify": None,
    }
    summary["latency"]["all"] = _measure(everything)
    if verdict:
        summary["verify"] = {
            "registered": sum(action.kind == "register" for action in actions),
            "users": verdict.users,
            "messages": verdict.messages,
            "follows": verdict.follows,
            "uncertain_stored": verdict.uncertain_stored,
            "problems": {"count": len(verdict.problems), "first": verdict.problems[:UNEXPECTED_SHOWN]},
        }
    return summary


def _measure(latencies):
    """Nearest-rank percentiles, in seconds."""
    ordered = sorted(latencies)
    result = {"count": len(ordered), "slow": sum(latency > SLOW for latency in ordered)}
    for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1)):
        result[name] = round(ordered[ceil(share * len(ordered)) - 1], 6) if ordered else None
    return result


def describe(summary, target):
    """The summary as text."""
    lines = _describe_play(summary, target) if summary["latency"]["all"]["count"] or not summary["verify"] else []
    return "\n".join(lines + _describe_verdict(summary["verify"]))


def _describe_play(summary, target):
    lines = [
        f"{summary['done']} of {summary['actions']} actions done on {target.url} in {summary['seconds']:.2f} s, "
        f"{summary['rate']:.0f} a second"
    ]
    for key, text in (("unsent", "not done when the time was up"), ("skipped", "skipped: a registration had failed")):
        if summary[key]:
            lines.append(f"{summary[key]} {text}")
    lines.append("")
    lines += _describe_latency(summary["latency"])
    lines.append("")
    lines.append(f"unexpected answers: {summary['unexpected']['count']}")
    lines += [f"  action {one['id']} ({one['kind']}): {one['what']}" for one in summary["unexpected"]["first"]]
    if summary["retries"] or summary["uncertain"]:
        lines.append(
            f"retries: {summary['retries']}; tweets of unknown fate: {summary['uncertain']}; "
            f"answered 503: {summary['unavailable']}; without an answer: {summary['lost']}"
        )
    return lines


def _describe_latency(latency):
    lines = [f"{'ms':10}{'count':>9}{'p50':>9}{'p99':>9}{'p99.9':>9}{'max':>9}{'> 0.3 s':>9}"]
    for kind, figures in latency.items():
        if figures["count"]:
            times = "".join(f"{figures[name] * 1000:9.1f}" for name in ("p50", "p99", "p99.9", "max"))
            lines.append(f"{kind:10}{figures['count']:9}{times}{figures['slow']:9}")
    return lines


def _describe_verdict(verdict):
    if not verdict:
        return []
    found = f"{verdict['users']} of {verdict['registered']} users, "
    found += f"{verdict['messages']} messages, {verdict['follows']} follows"
    if verdict["uncertain_stored"]:
        found += f", of the tweets of unknown fate {verdict['uncertain_stored']} stored"
    count = verdict["problems"]["count"]
    lines = [f"verified: {found}: " + (f"{count} problems" if count else "exact")]
    return lines + [f"  {problem}" for problem in verdict["problems"]["first"]]
