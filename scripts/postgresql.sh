# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
# shellcheck shell=bash
#
# The private PostgreSQL cluster of ./run, in $dir/postgresql. Sourced after lib.sh, with $dir and $build set.
#
#   data/                                          the cluster, owned by the account that the server runs as; data.part/ until
#                                                  all that is here is made
#   postgresql.conf, pg_hba.conf, pg_ident.conf    its configuration, owned by whoever runs ./run
#   socket                                         the name of its socket while it runs
#
# PostgreSQL refuses to run as root, and the account that it then runs as may be unable to enter a folder above the
# clone. So its folders are opened here, and the server gets to them through the descriptors: the kernel follows
# /proc/self/fd/9 straight to the folder, without looking at those above. For the same reason the socket lies in the
# abstract namespace (a name with @), which no folder guards, and where a deep clone makes no name too long. Anybody on
# the machine may knock there, so the server asks the kernel who it is (peer), and clients ask who serves (requirepeer).

# shellcheck disable=SC2154 # dir, build and top come from whoever sources this

database_folder() {
    printf '%s\n' "$dir/postgresql/data"
}

# The account that the server runs as: whoever owns the data; at first postgres for root, else oneself.
database_account() {
    local data
    data=$(database_folder)
    if [ "$(id -u)" -ne 0 ]; then
        id -un
    elif [ -e "$data/PG_VERSION" ] && [ "$(stat -c %u "$data")" -ne 0 ]; then
        stat -c %U "$data"
    else
        printf 'postgres\n'
    fi
}

# database_exec FOLDER PROGRAM ARGUMENT...: becomes one of PostgreSQL's programs as that account, with the data folder as
# descriptor 9, that of the configuration as 7, and nothing of the caller's.
database_exec() {
    local data=$1 program=$2 account
    local -a become=()
    shift 2
    account=$(database_account)
    if [ "$(id -u)" -eq 0 ]; then
        become=(setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups)
    fi
    # Descriptor 8 is the lock of ./run.
    exec 8>&- 7<"$dir/postgresql" 9<"$data"
    cd /
    exec setsid "${become[@]}" env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 TZ=UTC "$(database_programs)/$program" \
        -D /proc/self/fd/9 "$@"
}

# The folder of the programs that fit the data; the newest when there is none yet.
database_programs() {
    local wanted='' found data
    data=$(database_folder)
    [ ! -r "$data/PG_VERSION" ] || wanted=$(<"$data/PG_VERSION")
    # Debian keeps each version in a folder of its own, off PATH.
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | grep -E "/${wanted:-[0-9]+}/bin/" | tail -n 1)
    if [ ! -x "${found:-/nowhere}" ]; then
        fail "PostgreSQL ${wanted:-server programs} not found below /usr/lib/postgresql" \
            "Install the package postgresql${wanted:+-$wanted}.${wanted:+ The data in $data is of version $wanted: if that is no" \
            "longer to be had, move $dir away; the site then begins empty.}"
    fi
    dirname -- "$found"
}

# The process id of the running server, or nothing. A number that another process got since is not taken for it: the
# server works inside its data folder.
database_pid() {
    local data pid
    data=$(database_folder)
    [ -r "$data/postmaster.pid" ] || return 0
    read -r pid <"$data/postmaster.pid" || return 0
    if [[ $pid =~ ^[0-9]+$ ]] && [ "/proc/$pid/cwd" -ef "$data" ]; then
        printf '%s\n' "$pid"
    fi
}

# database_connection ROLE DATABASE: a libpq connection string.
database_connection() {
    printf 'host=@%s dbname=%s user=%s requirepeer=%s connect_timeout=2\n' \
        "$(<"$dir/postgresql/socket")" "$2" "$1" "$(database_account)"
}

# database_query DATABASE SQL, as the superuser.
database_query() {
    PGOPTIONS='-c client_min_messages=warning' "$(database_programs)/psql" -X -q -A -t -v ON_ERROR_STOP=1 \
        -d "$(database_connection postgres "$1")" -c "$2"
}

# Under another name until everything is there: a start may be cut short at any point, and the next one then begins again.
database_make() {
    local data part account
    data=$(database_folder)
    part=$data.part
    [ ! -e "$data" ] || return 0
    say "Making a PostgreSQL cluster in $data"
    account=$(database_account)
    rm -rf "$part"
    mkdir -p "$dir/postgresql"
    chmod 755 "$dir/postgresql"
    install -d -m 700 -o "$account" -g "$(id -g "$account")" "$part"
    # As descriptor 5 it keeps the lock of ./run: initdb goes on when ./run is killed, and would disturb the next start.
    if ! (database_exec "$part" initdb --username=postgres --encoding=UTF8 --locale=C.UTF-8 --auth=peer --data-checksums) \
        >"$dir/logs/initdb.log" 2>&1 </dev/null 5>&8; then
        show_log "$dir/logs/initdb.log"
        rm -rf "$part"
        fail "PostgreSQL's initdb could not make a cluster in $data" \
            "Look at the lines above (all of them: $dir/logs/initdb.log)." \
            "Usual reasons: the disk is full (df -h $dir); the file system knows no owners (choose another folder: --dir)."
    fi
    # Those of initdb would only mislead.
    rm "$part/postgresql.conf" "$part/pg_hba.conf" "$part/pg_ident.conf"
    cat >"$dir/postgresql/postgresql.conf" <<'CONF'
# Made by ./run, once: changes stay. ./run itself gives the socket's name, says that there is no TCP, and takes the log.
max_connections = 100
shared_buffers = 128MB
fsync = on
full_page_writes = on
synchronous_commit = on
timezone = UTC
log_timezone = UTC
lc_messages = C.UTF-8
cluster_name = minitwit
log_line_prefix = '%m [%p] %q%u@%d '
log_lock_waits = on
# A statement or its parameters may hold a hash or what somebody wrote: of a failed one only the error is logged.
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
CONF
    cat >"$dir/postgresql/pg_hba.conf" <<'CONF'
# Made by ./run, once. Nobody logs in but the accounts that pg_ident.conf names, as the kernel sees them.
local all all peer map=minitwit
CONF
    mv -T "$part" "$data"
}

# Which account may be which role. Written at each start, for a site may pass from an ordinary user to root.
database_allow() {
    local account role
    {
        printf '# Made by ./run at each start.\n'
        for account in "$(database_account)" "$(id -un)"; do
            for role in postgres minitwit_owner minitwit_site; do
                printf 'minitwit "%s" %s\n' "$account" "$role"
            done
        done
        printf 'minitwit "%s" minitwit_site\n' "$(httpd_account)"
    } | sort -u >"$dir/postgresql/pg_ident.conf"
    # Its reader is not its owner, whatever the umask of the one who edited it.
    chmod 644 "$dir/postgresql"/*.conf
}

# A server that was killed stays a zombie until init has taken note of it, and PostgreSQL would take it for one that runs.
database_wait_for_zombie() {
    local pid waited
    [ -r "$(database_folder)/postmaster.pid" ] || return 0
    read -r pid <"$(database_folder)/postmaster.pid" || return 0
    for ((waited = 0; waited < 100; waited++)); do
        grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null || return 0
        sleep 0.1
    done
}

# Becomes what writes the server's log, within a bound: PostgreSQL's own collector knows none. It runs as whoever runs
# ./run, since the server's account may be unable to enter the folder; in a session of its own, so that a Ctrl-C does not
# end it before the server has said its last; and it ends when the last process of the server does.
database_log_exec() {
    exec 8>&- >"$dir/logs/postgresql-start.log" 2>&1
    cd /
    exec setsid env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TZ=UTC \
        "$top/scripts/rotate" "$dir/logs/postgresql.log" 10M 5
}

database_start() {
    local pid programs log writer waited=0
    local conf=/proc/self/fd/7
    programs=$(database_programs)
    database_make
    database_allow
    database_wait_for_zombie
    # A new name each time: nobody else can wait at it, and a copied folder does not collide with its original.
    printf 'minitwit-%s\n' "$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')" >"$dir/postgresql/socket"
    # Not a child of the server, which takes note of every child that ends.
    exec {log}> >(database_log_exec)
    writer=$!
    (database_exec "$(database_folder)" postgres -c config_file="$conf/postgresql.conf" -c hba_file="$conf/pg_hba.conf" \
        -c ident_file="$conf/pg_ident.conf" -c listen_addresses= \
        -c logging_collector=off -c log_destination=stderr \
        -c unix_socket_directories="@$(<"$dir/postgresql/socket")") >&"$log" 2>&1 {log}>&- </dev/null &
    pid=$!
    exec {log}>&-
    until "$programs/pg_isready" -q -d "$(database_connection postgres postgres)"; do
        if ! kill -0 "$pid" 2>/dev/null; then
            # It may not have written everything yet.
            wait "$writer" || true
            show_log "$dir/logs/postgresql-start.log"
            show_log "$dir/logs/postgresql.log"
            fail "PostgreSQL did not start" "Look at the lines above (all of them: $dir/logs/postgresql.log)." \
                "Usual reasons: the disk is full (df -h $dir); a setting in $dir/postgresql/postgresql.conf; another server still" \
                "runs on this data, perhaps in another container. With $dir moved away, the site begins empty."
        fi
        waited=$((waited + 1))
        # After a crash it first replays what it had not written yet.
        [ "$waited" -ne 50 ] || say "Waiting for PostgreSQL to recover ..."
        [ "$waited" -lt 6000 ] || fail "PostgreSQL does not accept connections after 10 minutes" "Look at $dir/logs/postgresql.log."
        sleep 0.1
    done
}

# Roles, database, schema.
database_prepare() {
    local roles
    roles=$(<"$top/sql/roles.sql")
    # Through standard input: the account of the server need not be able to read the clone.
    PGOPTIONS='-c client_min_messages=warning' "$(database_programs)/psql" -X -q -v ON_ERROR_STOP=1 \
        -d "$(database_connection postgres postgres)" <<<"$roles" >/dev/null ||
        fail "the roles of the site could not be made" "See the message above; the server's log: $dir/logs/postgresql.log."
    if [ "$(database_query postgres "select count(*) from pg_database where datname = 'minitwit'")" -eq 0 ]; then
        database_query postgres 'create database minitwit owner minitwit_owner'
    fi
    "$build/minitwitctl" migrate --sql "$top/sql" --dsn "$(database_connection minitwit_owner minitwit)" ||
        fail "the database could not be brought to the schema that this build needs" \
            "See the message above. If it says that the schema is newer, this clone is older than the site: update it, or" \
            "use another folder (--dir)."
}

# Ends the server as pg_ctl -m fast does: sessions are cut off, what was committed is kept.
database_stop() {
    local pid waited=0
    pid=$(database_pid)
    [ -n "$pid" ] || return 0
    kill -INT "$pid" 2>/dev/null || true
    while [ "$(database_pid)" = "$pid" ]; do
        waited=$((waited + 1))
        [ "$waited" -lt 600 ] || fail "PostgreSQL (process $pid) does not stop" "Look at $dir/logs/postgresql.log."
        sleep 0.1
    done
}
