# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The answers of readyz."""

from support import installation


def wait_until_not_ready(operator):
    """Waits, because a finding counts for a second. Returns the answer."""

    def get():
        answer = operator.get("/readyz")
        # An answer with an error is false.
        return [answer] if answer.status_code != 200 else None

    (answer,) = installation.wait_until(get, "readyz to notice")
    assert answer.status_code == 503
    return answer
