# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""This repository's monitoring, with other addresses and shorter times, so that it runs in a test."""

import pathlib
import re
import shutil

import yaml

from support import installation

PROMETHEUS = installation.SOURCE / "docker" / "prometheus"
ALERTMANAGER = installation.SOURCE / "docker" / "alertmanager"
DASHBOARDS = installation.SOURCE / "docker" / "grafana" / "dashboards"


def prometheus_features():
    """The options of Prometheus in docker/compose.yaml that switch on a feature."""
    command = load(installation.SOURCE / "docker" / "compose.yaml")["services"]["prometheus"]["command"]
    return [word for word in command if word.startswith("--enable-feature=")]


def load(file):
    return yaml.safe_load(pathlib.Path(file).read_text(encoding="utf-8"))


def save(file, tree):
    pathlib.Path(file).write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")


def replace(tree, replacements):
    """A copy of a tree from YAML or JSON, with parts of its strings replaced."""
    if isinstance(tree, dict):
        return {key: replace(value, replacements) for key, value in tree.items()}
    if isinstance(tree, list):
        return [replace(value, replacements) for value in tree]
    if isinstance(tree, str):
        for old, new in replacements.items():
            tree = tree.replace(old, new)
    return tree


def configure_alertmanager(folder, smtp_port, chat_url, watchdog_url):
    """Copies Alertmanager's configuration, with its secrets and with times of a second. Returns the file."""
    folder = pathlib.Path(shutil.copytree(ALERTMANAGER, folder, dirs_exist_ok=True))
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700)
    # Alertmanager 0.25 treats a line end as part of the password, but not as part of the other secrets.
    for name, value in {
        "smtp_password": "mail secret",
        "chat_webhook_url": chat_url + "\n",
        "watchdog_token": "token\n",
    }.items():
        (secrets / name).write_text(value)
    file = folder / "alertmanager.yml"
    tree = replace(
        load(file),
        {
            "/run/secrets/": f"{secrets}/",
            "smtp.example.org:587": f"127.0.0.1:{smtp_port}",
            "https://watchdog.example.org/minitwit": watchdog_url,
        },
    )
    # The mail server of the tests has no TLS.
    tree["global"]["smtp_require_tls"] = False
    for route in (tree["route"], *tree["route"]["routes"]):
        route.update(group_wait="1s", group_interval="1s")
    save(file, tree)
    return file


def why_node_exporter_crashed(said, system="/sys"):
    """Explains the known crash of node_exporter 1.9, which needs at least one processor in /sys. None if it crashed for
    another reason. said: its log; system: where sysfs is mounted."""
    folder = pathlib.Path(system) / "devices" / "system" / "cpu"
    is_known = re.search(r"^panic: .*index out of range", said, re.MULTILINE) and "cpuCollector).updateOnline" in said
    if not is_known or any(folder.glob("cpu[0-9]*")):
        return None
    return f"node_exporter crashes, because {folder} shows no processor. A container or a chroot needs a complete /sys"


def alertmanager_command(folder, configuration, port):
    return [
        "prometheus-alertmanager", f"--config.file={configuration}", f"--storage.path={folder}/alertmanager-data",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
    ]  # fmt: skip


def configure_prometheus(folder, addresses, targets):
    """Copies Prometheus' configuration. addresses: {host:port in it: address in the test}; targets: {file below
    targets/: addresses}. Prometheus then scrapes and evaluates everything each second. No alert waits longer, or looks
    at an earlier time. Returns the file."""
    folder = pathlib.Path(shutil.copytree(PROMETHEUS, folder, dirs_exist_ok=True))
    file = folder / "prometheus.yml"
    tree = replace(load(file), addresses)
    tree["global"].update(scrape_interval="1s", scrape_timeout="1s", evaluation_interval="1s")
    for job in tree["scrape_configs"]:
        job.pop("scrape_interval", None)
        job.pop("scrape_timeout", None)
    save(file, tree)
    for name, values in targets.items():
        save(folder / "targets" / name, [{"targets": values}])
    for name in (folder / "rules").glob("*.yml"):
        tree = load(name)
        for rule in (rule for group in tree["groups"] for rule in group["rules"]):
            if "for" in rule:
                rule["for"] = "1s"
            rule["expr"] = re.sub(r" offset \w+", "", rule["expr"])
        save(name, tree)
    return file


def rules():
    """All rules of the files."""
    return [
        rule
        for file in sorted((PROMETHEUS / "rules").glob("*.yml"))
        for group in load(file)["groups"]
        for rule in group["rules"]
    ]
