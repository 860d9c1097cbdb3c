#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""docker/compose.yaml and docker/stack.yaml keep what docs/containers.md promises: bounds, rights, secrets, one published port,
connections that PostgreSQL has; and they know every host and file that the configuration of the monitoring names."""

import hashlib
import re

import guard

try:
    import yaml
except ImportError:
    guard.report(["python3-yaml is not installed"], "install what scripts/packages lists for check")

COMPOSE, STACK, PAGE, ENTRYPOINT = (
    "docker/compose.yaml", "docker/stack.yaml", "docs/containers.md", "docker/image/usr/libexec/minitwit/entrypoint",
)  # fmt: skip
FACTOR = {"k": 1 / 1024, "m": 1, "g": 1024}

problems = []
page = guard.read(PAGE)
names = guard.sources()
folders = {parent for name in names for parent in (name.rsplit("/", depth)[0] for depth in range(1, name.count("/") + 1))}


def mebibytes(text):
    found = re.fullmatch(r"(\d+)([kKmMgG])[bB]?", str(text))
    return int(found[1]) * FACTOR[found[2].lower()] if found else None


def limit(service):
    """Of the memory, in MiB; None when there is none."""
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    return mebibytes(service.get("mem_limit", limits.get("memory")))


def command_value(service, name):
    for word in service.get("command", []):
        found = re.match(rf"-c{name}=(.*)", str(word))
        if found:
            return found[1]
    return None


def check_service(file, name, service):
    where = f"{file}: {name}"
    image = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", service["image"])
    if not re.search(r":v?\d[\w.-]*$", image) and "${MINITWIT_IMAGE:?" not in image:
        problems.append(f"{where}: the image {image} has no tag of a version")
    if service.get("read_only") is not True:
        problems.append(f"{where}: its root is not read_only")
    if service.get("cap_drop") != ["ALL"] or service.get("cap_add") or service.get("privileged"):
        problems.append(f"{where}: it keeps rights of root: cap_drop [ALL], and no cap_add or privileged")
    if file == COMPOSE and "no-new-privileges:true" not in service.get("security_opt", []):
        problems.append(f"{where}: security_opt lacks no-new-privileges:true")
    if not {"max-size", "max-file"} <= set(service.get("logging", {}).get("options", {})):
        problems.append(f"{where}: its logs have no bound")
    if limit(service) is None:
        problems.append(f"{where}: its memory has no limit")
    if file == COMPOSE and service.get("memswap_limit") != service.get("mem_limit"):
        problems.append(f"{where}: without a memswap_limit of the same size it may have as much swap besides")
    if "pids_limit" not in service and "pids" not in service.get("deploy", {}).get("resources", {}).get("limits", {}):
        problems.append(f"{where}: its processes have no limit")
    if name != "migrate" and not service.get("healthcheck", {}).get("test") and not (file == COMPOSE and name == "minitwit"):
        problems.append(f"{where}: no health check")
    if service.get("ports") and name != "minitwit":
        problems.append(f"{where}: only the site is published")
    for variable, value in (service.get("environment") or {}).items():
        if re.search(r"PASS|SECRET|TOKEN|KEY", variable) and not variable.endswith("_FILE"):
            problems.append(f"{where}: {variable} is in the environment, where every inspect shows it; give it by a file")
        if re.search(r"password=", str(value)):
            problems.append(f"{where}: {variable} holds a password")
    for volume in service.get("volumes", []):
        source = volume.split(":")[0] if isinstance(volume, str) else ""
        if source.startswith("."):
            known = guard.os.path.normpath(f"docker/{source}")
            if known not in names and known not in folders:
                problems.append(f"{where}: {source} is not there")


def check_connections(file, services):
    site = services["minitwit"]
    deploy = site.get("deploy", {})
    rolling = deploy.get("update_config", {})
    containers = deploy.get("replicas", 1)
    if rolling.get("order") == "start-first":
        containers += rolling.get("parallelism", 1)
    environment = site["environment"]
    wanted = containers * int(environment["MINITWIT_CHILDREN"]) * int(environment["MINITWIT_DATABASE_CONNECTIONS"])
    there = int(command_value(services["postgresql"], "max_connections"))
    # For the superuser, migrations, the exporter, backups, and who looks.
    if wanted + 15 > there:
        problems.append(f"{file}: the site may open {wanted} connections, and 15 are for others: max_connections is only {there}")
    buffers = mebibytes(command_value(services["postgresql"], "shared_buffers"))
    # A quarter, as PostgreSQL's manual has it.
    if buffers * 4 > limit(services["postgresql"]):
        problems.append(f"{file}: shared_buffers is more than a quarter of the limit of postgresql's memory")
    cache, hashes = int(environment["MINITWIT_CACHE_SIZE"]), int(environment["MINITWIT_HASH_LIMIT"])
    workers = int(environment["MINITWIT_CHILDREN"]) * int(environment["MINITWIT_THREADS"])
    # docs/install.md: 31 MB at rest, half a MiB for each slow client.
    needed = 31 + cache + 19 * hashes + workers / 2
    if needed > limit(site):
        problems.append(f"{file}: minitwit may need {needed:.0f} MiB, and its limit is {limit(site):.0f}")


def check_secrets(file, document):
    made = set(re.findall(r"\b[a-z]+_[a-z_]+\b", guard.read("docker/make-secrets")))
    declared = set(document.get("secrets", {}))
    used = set()
    for service in document["services"].values():
        used |= {secret if isinstance(secret, str) else secret["source"] for secret in service.get("secrets", [])}
    for name in sorted(declared ^ used):
        problems.append(f"{file}: the secret {name} is {'not used' if name in declared else 'not declared'}")
    for name in sorted(declared - made):
        problems.append(f"docker/make-secrets does not make {name}, which {file} wants")
    if file == COMPOSE:
        for name in set(re.findall(r"/run/secrets/(\w+)", guard.read("docker/alertmanager/alertmanager.yml"))):
            if name not in document["services"]["alertmanager"]["secrets"]:
                problems.append(f"{COMPOSE}: alertmanager lacks the secret {name}")


def check_configs(file, document):
    """A swarm refuses another content under a name that it knows."""
    for name, config in document.get("configs", {}).items():
        content = (guard.SOURCE / "docker" / config["file"]).read_bytes()
        wanted = f"{name.rpartition('_')[0]}_{hashlib.sha256(content).hexdigest()[:8]}"
        if name != wanted:
            problems.append(f"{file}: {config['file']} has changed: call the config {wanted}, not {name}, there and where it is used")
    used = {config["source"] for service in document["services"].values() for config in service.get("configs", [])}
    for name in sorted(used ^ set(document.get("configs", {}))):
        problems.append(f"{file}: the config {name} is {'not declared' if name in used else 'not used'}")


documents = {file: yaml.safe_load(guard.read(file)) for file in (COMPOSE, STACK)}
for file, document in documents.items():
    for name, service in document["services"].items():
        check_service(file, name, service)
    ports = document["services"]["minitwit"]["ports"]
    if len(ports) != 1 or "5000" not in str(ports):
        problems.append(f"{file}: minitwit publishes {ports}, not its port 5000 alone")
    check_connections(file, document["services"])
    check_secrets(file, document)
check_configs(STACK, documents[STACK])

# Dependabot looks at the one only.
for name in set(documents[COMPOSE]["services"]) & set(documents[STACK]["services"]):
    images = {documents[file]["services"][name]["image"] for file in documents}
    if len(images) > 1 and not any("MINITWIT_" in image for image in images):
        problems.append(f"{STACK}: {name} is another image than in {COMPOSE}: {' and '.join(sorted(images))}")
missing = {"migrate", "backup", "prune"} - set(documents[STACK]["services"])
if missing:
    problems.append(f"{STACK}: it lacks {', '.join(sorted(missing))}, which {COMPOSE} has")
for label in set(re.findall(r"node\.labels\.minitwit\.(\w+)", guard.read(STACK))):
    if not re.search(rf"^ +label {label} ", guard.read("docker/swarm"), re.M):
        problems.append(f"docker/swarm gives no node the label minitwit.{label}, which {STACK} wants")

# ---- what else names the same things ---------------------------------------------------------------------------------

services = documents[COMPOSE]["services"]
together = sum(limit(service) or 0 for service in services.values())
if f"{together:.0f} MiB" not in page:
    problems.append(f"{PAGE}: the limits of {COMPOSE} add up to {together:.0f} MiB, which it does not say")
for name, service in services.items():
    if not re.search(rf"^\| `{name}` \|.*\| {limit(service) or 0:.0f} \|$", page, re.M):
        problems.append(f"{PAGE}: no row says that {name} may take {limit(service) or 0:.0f} MiB")

for file in (name for name in names if re.match(r"docker/(prometheus/(prometheus|targets/\w+)\.yml|grafana/prov.*|loki/.*)$", name)):
    text = re.sub(r"^\s*(#|//).*$", "", guard.read(file), flags=re.M)
    for host in set(re.findall(r"[\"/ ]([a-z][a-z-]*):(?:5000|5001|5002|3100|9\d\d\d)\b", text)) - {"localhost"}:
        if host not in services:
            problems.append(f"{file}: {host} is no service of {COMPOSE}")

# What docker/make-secrets makes gets into no image and into no release.
if "$(distdir)/docker/secrets" not in guard.read("Makefile.am"):
    problems.append("Makefile.am: dist-hook leaves docker/secrets in the release")
allowed = re.findall(r"^!(\S+)$", guard.read(".dockerignore"), re.M)
if "\n**\n" not in guard.read(".dockerignore") or {"docker", "docker/", "docker/secrets"} & set(allowed):
    problems.append(".dockerignore: it does not keep docker/secrets out of the image")

version = re.search(r"^AC_INIT\(\[mod_minitwit\], \[([^]]+)\]", guard.read("configure.ac"), re.M)[1]
for found in set(re.findall(r"\$\{MINITWIT_VERSION:-([^}]*)\}", guard.read(COMPOSE))):
    if found != version:
        problems.append(f"{COMPOSE}: it runs version {found}, and configure.ac is at {version}")

for variable in sorted(set(re.findall(r"\bMINITWIT_[A-Z_]+\b", guard.read(ENTRYPOINT))) - {"MINITWIT_WORKERS"}):
    # What only httpd's command line has.
    if re.search(rf"-D {variable}\b", guard.read(ENTRYPOINT)):
        continue
    if not re.search(rf"^\| `{variable}` \|", page, re.M):
        problems.append(f"{PAGE}: {variable}, which the entrypoint reads, has no row")

guard.report(problems, f"make {COMPOSE}, {STACK} and {PAGE} agree")
