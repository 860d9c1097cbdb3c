# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A real Alertmanager with this repository's configuration sends alerts to a chat, by mail and to the watchdog."""

import base64
import contextlib
import datetime

import pytest

from support import installation, monitoring, programs
from support.receivers import MailServer, Webhook, serving


class Alerting:
    def __init__(self, url, program, webhook, mails):
        self.url = url
        self.program = program
        self.webhook = webhook
        self.mails = mails

    def send(self, name, ends_in=300, site="minitwit", severity="critical", **labels):
        """Sends an alert to Alertmanager, as Prometheus does. With ends_in 0 or less, the alert is over."""
        ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=ends_in)
        alert = {
            "labels": {"alertname": name, "site": site, "severity": severity, **labels},
            "annotations": {
                "summary": f"summary of {name}",
                "description": f"description of {name} <&>",
                "runbook_url": f"https://docs.example/runbooks.md#{name.lower()}",
            },
            "endsAt": ends.isoformat(),
        }
        answer = programs.post(self.url + "/api/v2/alerts", json=[alert])
        assert answer.status_code == 200, answer.text

    def titles(self):
        """The titles of the messages in the chat."""
        return [message["attachments"][0]["title"] for message in self.webhook.to("/chat/slack")]

    def wait_for(self, title):
        try:
            installation.wait_until(lambda: title in self.titles(), title)
        except AssertionError as error:
            raise AssertionError(f"{error}; there were {self.titles()}\n{self.program.said()}") from None


@pytest.fixture
def alerting(tmp_path):
    with contextlib.ExitStack() as stack:
        webhook = stack.enter_context(serving(Webhook()))
        mails = stack.enter_context(serving(MailServer()))
        file = monitoring.configure_alertmanager(
            tmp_path / "am", mails.port, webhook.url + "/chat/slack", webhook.url + "/watchdog"
        )
        port = installation.free_port()
        url = f"http://127.0.0.1:{port}"
        command = monitoring.alertmanager_command(tmp_path, file, port)
        program = stack.enter_context(programs.Program(tmp_path, command, url + "/-/ready"))
        yield Alerting(url, program, webhook, mails)


def test_an_alert_fires_and_ends(alerting):
    alerting.send("MinitwitSiteDown", instance="http://minitwit:5000/public")
    alerting.wait_for("[FIRING 1] minitwit: summary of MinitwitSiteDown")
    alerting.send("MinitwitSiteDown", ends_in=0, instance="http://minitwit:5000/public")
    alerting.wait_for("[RESOLVED] minitwit: summary of MinitwitSiteDown")
    assert len(alerting.titles()) == 2

    fired, resolved = (message["attachments"][0] for message in alerting.webhook.to("/chat/slack"))
    assert (fired["color"], resolved["color"]) == ("danger", "good")
    beginning = "FIRING: summary of MinitwitSiteDown\ndescription of MinitwitSiteDown <&>\nSeverity: critical. Since: "
    assert fired["text"].startswith(beginning)
    assert "Runbook: https://docs.example/runbooks.md#minitwitsitedown" in fired["text"]
    assert resolved["text"].startswith("RESOLVED: ") and ", until " in resolved["text"]

    installation.wait_until(lambda: len(alerting.mails.mails) == 2, "two mails")
    mail = alerting.mails.mails[0]
    assert mail["Subject"] == "[FIRING 1] minitwit: summary of MinitwitSiteDown"
    assert mail["To"] == "operators@example.org"
    assert mail.get_body(("html",)) is None
    assert "description of MinitwitSiteDown <&>" in mail.get_body(("plain",)).get_content()
    assert base64.b64decode(alerting.mails.credentials[0]).split(b"\0")[2] == b"mail secret"


def test_alerts_of_one_kind_are_grouped(alerting):
    for node in ("one:9100", "two:9100"):
        alerting.send("MinitwitDiskNearlyFull", instance=node, mountpoint="/")
    alerting.wait_for("[FIRING 2] minitwit: MinitwitDiskNearlyFull")
    # The alert of another site is another message.
    alerting.send("MinitwitDiskNearlyFull", site="other", instance="three:9100", mountpoint="/")
    alerting.wait_for("[FIRING 1] other: summary of MinitwitDiskNearlyFull")


def test_consequences_of_a_graver_alert_are_inhibited(alerting):
    alerting.send("MinitwitDatabaseDown", instance="minitwit:5002")
    alerting.wait_for("[FIRING 1] minitwit: summary of MinitwitDatabaseDown")
    alerting.send("MinitwitSiteDown")
    alerting.send("MinitwitNotReady")
    alerting.send("MinitwitErrorRatioHigh", handler="minitwit-api")
    alerting.send("MinitwitScrapeFailing", severity="warning", job="minitwit")
    # None of these alerts is about the database of this site.
    alerting.send("MinitwitScrapeFailing", severity="warning", site="third", job="node")
    alerting.send("MinitwitDiskNearlyFull", instance="one:9100", mountpoint="/")
    alerting.send("MinitwitNotReady", site="other")
    alerting.wait_for("[FIRING 1] minitwit: summary of MinitwitDiskNearlyFull")
    alerting.wait_for("[FIRING 1] other: summary of MinitwitNotReady")
    alerting.wait_for("[FIRING 1] third: summary of MinitwitScrapeFailing")
    assert len(alerting.titles()) == 4, alerting.titles()
    inhibited = {
        alert["labels"]["alertname"]
        for alert in programs.get(alerting.url + "/api/v2/alerts").json()
        if alert["status"]["inhibitedBy"]
    }
    assert inhibited == {"MinitwitSiteDown", "MinitwitNotReady", "MinitwitErrorRatioHigh", "MinitwitScrapeFailing"}


def test_the_watchdog_is_called(alerting):
    alerting.send("Watchdog", severity="none")
    installation.wait_until(lambda: alerting.webhook.to("/watchdog"), "the watchdog's first call")
    assert alerting.webhook.headers_to("/watchdog")[0]["Authorization"] == "Bearer token"
    assert alerting.titles() == [] and alerting.mails.mails == []
