# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A real Prometheus with its exporters, in this repository's configuration, for a site of the tests; and queries."""

import contextlib
import math
import time

import pytest

from support import installation, monitoring
from support.programs import Program, ProgramEnded, get
from support.receivers import MailServer, Webhook, serving


class Prometheus:
    """Made by watching()."""

    def __init__(self, url, program, webhook):
        self.url = url
        self.program = program
        self.webhook = webhook

    def api(self, path, **parameters):
        answer = get(self.url + path, params=parameters).json()
        if answer["status"] != "success":
            raise QueryError(f"{parameters}: {answer['error']}")
        return answer["data"]

    def query(self, expression):
        """The current result, as (labels, number), without NaN: 0 divided by 0 is no data."""
        data = self.api("/api/v1/query", query=expression)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        found = [(one["metric"], float(one["value"][1])) for one in data["result"]]
        return [(labels, value) for labels, value in found if not math.isnan(value)]

    def value(self, expression):
        """The only number of the result; None if there is none."""
        found = self.query(expression)
        assert len(found) <= 1, found
        return found[0][1] if found else None

    def exemplars(self, selector):
        """[(labels of the series, exemplar)] of the last hour."""
        now = time.time()
        found = self.api("/api/v1/query_exemplars", query=selector, start=now - 3600, end=now + 60)
        return [(one["seriesLabels"], exemplar) for one in found for exemplar in one["exemplars"]]

    def firing(self):
        alerts = self.api("/api/v1/alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def wait_until_firing(self, *names):
        installation.wait_until(lambda: set(names) <= self.firing(), f"{names} to fire", 2 * installation.PATIENCE)

    def wait_until_quiet(self, *names):
        installation.wait_until(lambda: not set(names) & self.firing(), f"{names} to end", 2 * installation.PATIENCE)

    def label_values(self, label, selector):
        parameters = {"match[]": selector} if selector else {}
        return self.api(f"/api/v1/label/{label}/values", **parameters)

    def targets(self):
        """{(job, instance): "up" or the error}"""
        return {
            (target["labels"]["job"], target["labels"]["instance"]): target["lastError"] or target["health"]
            for target in self.api("/api/v1/targets", state="active")["activeTargets"]
        }


class QueryError(Exception):
    pass


def _start_node_exporter(start, address):
    """start: as watching() has it."""
    # By default the exporter leaves out the kinds of file systems that a container has.
    command = ["prometheus-node-exporter", "--collector.filesystem.fs-types-exclude=^(proc|sysfs|cgroup2?|devpts)$"]
    try:
        start([*command, f"--web.listen-address={address}"], "node", "/metrics")
    except ProgramEnded as ended:
        if reason := monitoring.why_node_exporter_crashed(ended.said):
            pytest.skip(reason)
        raise


@contextlib.contextmanager
def watching(folder, httpd, cluster, tls_port):
    """Starts the monitoring of a running site: the exporters for node, PostgreSQL and blackbox, Alertmanager and
    Prometheus. httpd serves TLS on tls_port. Yields when each target has been scraped."""
    names = ("node", "postgres", "blackbox", "alertmanager", "prometheus")
    ports = dict(zip(names, installation.free_ports(5)))
    address = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    with contextlib.ExitStack() as stack:
        webhook = stack.enter_context(serving(Webhook()))
        mails = stack.enter_context(serving(MailServer()))

        def start(command, name, path, environment=None):
            return stack.enter_context(Program(folder / name, command, f"http://{address[name]}{path}", environment))

        _start_node_exporter(start, address["node"])
        start(
            ["prometheus-postgres-exporter", f"--web.listen-address={address['postgres']}"], "postgres", "/metrics",
            {"DATA_SOURCE_NAME": f"host={cluster.socket_folder} user=postgres dbname=postgres sslmode=disable"},
        )  # fmt: skip
        blackbox = ["prometheus-blackbox-exporter", f"--config.file={monitoring.PROMETHEUS / 'blackbox.yml'}"]
        start([*blackbox, f"--web.listen-address={address['blackbox']}"], "blackbox", "/metrics")
        configuration = monitoring.configure_alertmanager(
            folder / "alertmanager-configuration", mails.port, webhook.url + "/chat", webhook.url + "/watchdog"
        )
        start(monitoring.alertmanager_command(folder, configuration, ports["alertmanager"]), "alertmanager", "/-/ready")
        configuration = monitoring.configure_prometheus(
            folder / "prometheus-configuration",
            {
                "minitwit:5002": f"127.0.0.1:{httpd.ops_port}",
                "node-exporter:9100": address["node"],
                "postgres-exporter:9187": address["postgres"],
                "blackbox-exporter:9115": address["blackbox"],
                "alertmanager:9093": address["alertmanager"],
                "localhost:9090": address["prometheus"],
            },
            {
                "site.yml": [httpd.web_url + "/public"],
                "api.yml": [httpd.api_url + "/latest"],
                "tls.yml": [f"127.0.0.1:{tls_port}"],
            },
        )
        # An alert that fires before Prometheus has found Alertmanager is lost until the resend delay has passed.
        command = [
            "prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address['prometheus']}", "--rules.alert.resend-delay=1s",
            *monitoring.prometheus_features(),
        ]  # fmt: skip
        program = start(command, "prometheus", "/-/ready")
        prometheus = Prometheus(f"http://{address['prometheus']}", program, webhook)
        try:
            installation.wait_until(lambda: set(prometheus.targets().values()) == {"up"}, "all targets to be scraped")
        except AssertionError as error:
            raise AssertionError(f"{error}: {prometheus.targets()}") from None
        yield prometheus
