#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""docker/compose.yaml and docker/stack.yaml agree with docs/containers.md: limits, rights, secrets, one published port,
enough connections of PostgreSQL. The monitoring's configuration names only existing hosts and files."""

import hashlib
import re

import guard

try:
    import yaml
except ImportError:
    guard.report(["python3-yaml is not installed"], "run scripts/install-packages check")

COMPOSE, STACK, PAGE, ENTRYPOINT = (
    "docker/compose.yaml", "docker/stack.yaml", "docs/containers.md", "docker/image/usr/libexec/minitwit/entrypoint",
)  # fmt: skip
FACTOR = {"k": 1 / 1024, "m": 1, "g": 1024}

problems = []
page = guard.read(PAGE)
names = guard.sources()
folders = {name.rsplit("/", depth)[0] for name in names for depth in range(1, name.count("/") + 1)}


def mebibytes(text):
    found = re.fullmatch(r"(\d+)([kKmMgG])[bB]?", str(text))
    return int(found[1]) * FACTOR[found[2].lower()] if found else None


def limit(service):
    """The limit of memory in MiB, or None."""
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
        problems.append(f"{where}: the tag of the image {image} is not a version")
    if service.get("read_only") is not True:
        problems.append(f"{where}: read_only is missing")
    if service.get("cap_drop") != ["ALL"] or service.get("cap_add") or service.get("privileged"):
        problems.append(f"{where}: it must have cap_drop [ALL], and neither cap_add nor privileged")
    if file == COMPOSE and "no-new-privileges:true" not in service.get("security_opt", []):
        problems.append(f"{where}: security_opt lacks no-new-privileges:true")
    if not {"max-size", "max-file"} <= set(service.get("logging", {}).get("options", {})):
        problems.append(f"{where}: the size of its logs has no limit")
    if limit(service) is None:
        problems.append(f"{where}: its memory has no limit")
    if file == COMPOSE and service.get("memswap_limit") != service.get("mem_limit"):
        problems.append(f"{where}: memswap_limit must equal mem_limit, or the service can also use swap")
    if "pids_limit" not in service and "pids" not in service.get("deploy", {}).get("resources", {}).get("limits", {}):
        problems.append(f"{where}: the number of its processes has no limit")
    is_checked = service.get("healthcheck", {}).get("test") or (file == COMPOSE and name == "minitwit")
    if name != "migrate" and not is_checked:
        problems.append(f"{where}: it has no health check")
    if service.get("ports") and name != "minitwit":
        problems.append(f"{where}: only minitwit may publish a port")
    for variable, value in (service.get("environment") or {}).items():
        if re.search(r"PASS|SECRET|TOKEN|KEY", variable) and not variable.endswith("_FILE"):
            problems.append(f"{where}: docker inspect would show {variable}; use a file instead")
        if re.search(r"password=", str(value)):
            problems.append(f"{where}: {variable} contains a password")
    for volume in service.get("volumes", []):
        source = volume.split(":")[0] if isinstance(volume, str) else ""
        if source.startswith("."):
            known = guard.os.path.normpath(f"docker/{source}")
            if known not in names and known not in folders:
                problems.append(f"{where}: {source} does not exist")


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
    # 15 for the superuser, migrations, the exporter, backups and operators.
    if wanted + 15 > there:
        problems.append(f"{file}: max_connections is {there}, but the site may use {wanted}, and other programs 15")
    buffers = mebibytes(command_value(services["postgresql"], "shared_buffers"))
    # PostgreSQL's manual recommends a quarter.
    if buffers * 4 > limit(services["postgresql"]):
        problems.append(f"{file}: shared_buffers is more than a quarter of postgresql's memory limit")
    cache, hashes = int(environment["MINITWIT_CACHE_SIZE"]), int(environment["MINITWIT_HASH_LIMIT"])
    workers = int(environment["MINITWIT_CHILDREN"]) * int(environment["MINITWIT_THREADS"])
    # docs/install.md: 31 MB without load, and half a MiB for each slow client.
    needed = 31 + cache + 19 * hashes + workers / 2
    if needed > limit(site):
        problems.append(f"{file}: minitwit may need {needed:.0f} MiB, but its limit is {limit(site):.0f}")


def check_secrets(file, document):
    made = set(re.findall(r"\b[a-z]+_[a-z_]+\b", guard.read("docker/make-secrets")))
    declared = set(document.get("secrets", {}))
    used = set()
    for service in document["services"].values():
        used |= {secret if isinstance(secret, str) else secret["source"] for secret in service.get("secrets", [])}
    for name in sorted(declared ^ used):
        problems.append(f"{file}: the secret {name} is {'not used' if name in declared else 'not declared'}")
    for name in sorted(declared - made):
        problems.append(f"docker/make-secrets does not make {name}, which {file} needs")
    if file == COMPOSE:
        for name in set(re.findall(r"/run/secrets/(\w+)", guard.read("docker/alertmanager/alertmanager.yml"))):
            if name not in document["services"]["alertmanager"]["secrets"]:
                problems.append(f"{COMPOSE}: alertmanager lacks the secret {name}")


def check_configs(file, document):
    """A config cannot change in a swarm, so its name contains a hash of the file."""
    for name, config in document.get("configs", {}).items():
        content = (guard.SOURCE / "docker" / config["file"]).read_bytes()
        wanted = f"{name.rpartition('_')[0]}_{hashlib.sha256(content).hexdigest()[:8]}"
        if name != wanted:
            problems.append(f"{file}: {config['file']} has changed, so rename the config {name} to {wanted}")
    used = {config["source"] for service in document["services"].values() for config in service.get("configs", [])}
    for name in sorted(used ^ set(document.get("configs", {}))):
        problems.append(f"{file}: the config {name} is {'not declared' if name in used else 'not used'}")


documents = {file: yaml.safe_load(guard.read(file)) for file in (COMPOSE, STACK)}
for file, document in documents.items():
    for name, service in document["services"].items():
        check_service(file, name, service)
    ports = document["services"]["minitwit"]["ports"]
    if len(ports) != 1 or "5000" not in str(ports):
        problems.append(f"{file}: minitwit must publish only its port 5000, not {ports}")
    check_connections(file, document["services"])
    check_secrets(file, document)
check_configs(STACK, documents[STACK])

# Dependabot updates only compose.yaml.
for name in set(documents[COMPOSE]["services"]) & set(documents[STACK]["services"]):
    images = {documents[file]["services"][name]["image"] for file in documents}
    if len(images) > 1 and not any("MINITWIT_" in image for image in images):
        problems.append(f"{STACK}: {name} has another image than in {COMPOSE}: {' and '.join(sorted(images))}")
missing = {"migrate", "backup", "prune"} - set(documents[STACK]["services"])
if missing:
    problems.append(f"{STACK}: it lacks {', '.join(sorted(missing))}, which {COMPOSE} has")
for label in set(re.findall(r"node\.labels\.minitwit\.(\w+)", guard.read(STACK))):
    if not re.search(rf"^ +label {label} ", guard.read("docker/swarm"), re.M):
        problems.append(f"docker/swarm gives no node the label minitwit.{label}, which {STACK} needs")

# ---- other files -----------------------------------------------------------------------------------------------------

services = documents[COMPOSE]["services"]
together = sum(limit(service) or 0 for service in services.values())
if f"{together:.0f} MiB" not in page:
    problems.append(f"{PAGE}: the sum of the limits of {COMPOSE}, {together:.0f} MiB, is missing")
for name, service in services.items():
    if not re.search(rf"^\| `{name}` \|.*\| {limit(service) or 0:.0f} \|$", page, re.M):
        problems.append(f"{PAGE}: there is no row for {name} with its limit, {limit(service) or 0:.0f} MiB")

MONITORING = r"docker/(prometheus/(prometheus|targets/\w+)\.yml|grafana/prov.*|loki/.*)$"
for file in (name for name in names if re.match(MONITORING, name)):
    text = re.sub(r"^\s*(#|//).*$", "", guard.read(file), flags=re.M)
    for host in set(re.findall(r"[\"/ ]([a-z][a-z-]*):(?:5000|5001|5002|3100|9\d\d\d)\b", text)) - {"localhost"}:
        if host not in services:
            problems.append(f"{file}: {host} is not a service of {COMPOSE}")

# Images and releases must not contain the secrets of docker/make-secrets.
if "$(distdir)/docker/secrets" not in guard.read("Makefile.am"):
    problems.append("Makefile.am: dist-hook does not delete docker/secrets")
allowed = re.findall(r"^!(\S+)$", guard.read(".dockerignore"), re.M)
if "\n**\n" not in guard.read(".dockerignore") or {"docker", "docker/", "docker/secrets"} & set(allowed):
    problems.append(".dockerignore: it does not exclude docker/secrets")
for included in re.findall(r"^include (\S+)$", guard.read("Makefile.am"), re.M):
    if not any(f"{included}/".startswith(f"{path}/") for path in allowed):
        problems.append(f".dockerignore: it excludes {included}, which Makefile.am includes")

version = re.search(r"^AC_INIT\(\[mod_minitwit\], \[([^]]+)\]", guard.read("configure.ac"), re.M)[1]
for found in set(re.findall(r"\$\{MINITWIT_VERSION:-([^}]*)\}", guard.read(COMPOSE))):
    if found != version:
        problems.append(f"{COMPOSE}: it runs version {found}, but configure.ac has {version}")

for variable in sorted(set(re.findall(r"\bMINITWIT_[A-Z_]+\b", guard.read(ENTRYPOINT))) - {"MINITWIT_WORKERS"}):
    # A name in httpd's command line, not a variable.
    if re.search(rf"-D {variable}\b", guard.read(ENTRYPOINT)):
        continue
    if not re.search(rf"^\| `{variable}` \|", page, re.M):
        problems.append(f"{PAGE}: there is no row for {variable}, which the entrypoint reads")

guard.report(problems, f"make {COMPOSE}, {STACK} and {PAGE} agree")
