# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
# shellcheck shell=bash
#
# The private PostgreSQL cluster of ./run. Sourced after lib.sh, with $dir and $build set. Its folder is
# $dir/postgresql, or $dir/postgresql is a link to it:
#
#   data/             the cluster, owned by the account of the server. It is data.part/ until it is complete
#   postgresql.conf, pg_hba.conf, pg_ident.conf
#                     its configuration, owned by the account of ./run
#   socket            the name of its socket while it runs
#   site              the name of $dir, if $dir/postgresql is a link
#
# PostgreSQL refuses to run as root, so root's cluster runs as the account postgres. If this account cannot enter $dir,
# for example below /root, the cluster is in a new folder below /var/lib. Only root can write there, so no other account
# can prepare the folder or a link.
#
# The socket is in the abstract namespace (a name with @), so httpd's account reaches it wherever the cluster is, and a
# deep folder does not make its name too long. Every account of the machine can connect to it. So the server checks the
# account of the client (peer), and clients check the account of the server (requirepeer).

# shellcheck disable=SC2154 # the script that sources this sets dir, build and top

# The folder of the cluster, without symbolic links.
database_home() {
    realpath -m -- "$dir/postgresql"
}

database_folder() {
    printf '%s/data\n' "$(database_home)"
}

# The account of the server: the owner of the data. For new data of root it is postgres.
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

# database_exec PROGRAM ARGUMENT...: replaces this shell by a program that runs as the account of the server.
database_exec() {
    local account
    local -a become=()
    if [ "$(id -u)" -eq 0 ]; then
        account=$(database_account)
        become=(setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups)
    fi
    # Descriptor 8 is the lock of ./run.
    exec 8>&-
    cd /
    exec setsid "${become[@]}" env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 TZ=UTC "$@"
}

# The folder of PostgreSQL's programs of the data's version. Without data, the newest version.
database_programs() {
    local wanted='' found data
    data=$(database_folder)
    [ ! -r "$data/PG_VERSION" ] || wanted=$(<"$data/PG_VERSION")
    # Debian has a folder for each version, which is not in PATH.
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | grep -E "/${wanted:-[0-9]+}/bin/" | tail -n 1)
    if [ ! -x "${found:-/nowhere}" ]; then
        fail "could not find PostgreSQL${wanted:+ $wanted} below /usr/lib/postgresql" \
            "Install the package postgresql${wanted:+-$wanted}." \
            ${wanted:+"The data in $data have this version. To begin with an empty site instead, move $dir away."}
    fi
    dirname -- "$found"
}

# The process id of the running server, or nothing. After a crash, another process may have the number in the file. The
# server's working directory is its data folder.
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

# Makes the folder of the cluster where the account of the server can enter it.
database_place() {
    local place
    # A start was interrupted before the link was made.
    if [ ! -e "$dir/postgresql" ] && [ -d "$dir/postgresql.moved" ]; then
        mv -T "$dir/postgresql.moved" "$dir/postgresql"
    fi
    mkdir -p "$(database_home)"
    chmod 755 "$(database_home)"
    if (database_exec test -x "$(database_home)"); then
        return 0
    fi
    place=$(mktemp -d /var/lib/mod_minitwit-run-XXXXXXXX) ||
        fail "the account $(database_account) cannot enter $dir" "Choose a folder that it can enter: --dir DIR"
    say "The account $(database_account) cannot enter $dir. So the database is in $place."
    # A cluster may be there, if the permissions of a folder above have changed.
    if ! cp -a "$dir/postgresql/." "$place"; then
        rm -rf "$place"
        fail "could not copy the database to $place" "If the disk is full (df -h /var/lib), free some space."
    fi
    printf '%s\n' "$dir" >"$place/site"
    mv -T "$dir/postgresql" "$dir/postgresql.moved"
    ln -s "$place" "$dir/postgresql"
    rm -rf "$dir/postgresql.moved"
}

# The cluster gets its name when it is complete. If a start is interrupted, the next one begins again.
database_make() {
    local data part account
    data=$(database_folder)
    part=$data.part
    [ ! -e "$data" ] || return 0
    say "Making a PostgreSQL cluster in $data"
    account=$(database_account)
    rm -rf "$part"
    install -d -m 700 -o "$account" -g "$(id -g "$account")" "$part"
    # If ./run is killed, initdb continues and would disturb the next start. So its descriptor 5 keeps the lock.
    if ! (database_exec "$(database_programs)/initdb" -D "$part" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \
        --auth=peer --data-checksums) >"$dir/logs/initdb.log" 2>&1 </dev/null 5>&8; then
        show_log "$dir/logs/initdb.log"
        rm -rf "$part"
        fail "PostgreSQL's initdb could not make a cluster in $data" \
            "The lines above are the end of $dir/logs/initdb.log." \
            "If the disk is full (df -h $data), free some space." \
            "If the file system does not store owners, choose another folder: --dir DIR"
    fi
    # The server does not read these.
    rm "$part/postgresql.conf" "$part/pg_hba.conf" "$part/pg_ident.conf"
    cat >"$dir/postgresql/postgresql.conf" <<'CONF'
# ./run makes this file once, so your changes stay. ./run sets the socket, the log and listen_addresses itself.
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
# A statement and its parameters may contain a password hash or a user's text. So the log has only the error of a failed
# statement.
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
CONF
    cat >"$dir/postgresql/pg_hba.conf" <<'CONF'
# ./run makes this file once, so your changes stay. Only the accounts in pg_ident.conf can log in.
local all all peer map=minitwit
CONF
    mv -T "$part" "$data"
}

# Maps accounts to roles. Each start writes the file again, because root may take over the site of an ordinary user.
database_allow() {
    local account role
    {
        printf '# ./run writes this file at each start.\n'
        for account in "$(database_account)" "$(id -un)"; do
            for role in postgres minitwit_owner minitwit_site; do
                printf 'minitwit "%s" %s\n' "$account" "$role"
            done
        done
        printf 'minitwit "%s" minitwit_site\n' "$(httpd_account)"
    } | sort -u >"$dir/postgresql/pg_ident.conf"
    # The server's account must be able to read them, whatever the umask of the account that edited them was.
    chmod 644 "$dir/postgresql"/*.conf
}

# A killed server is a zombie until init has read its status. PostgreSQL would take it for a running server.
database_wait_for_zombie() {
    local pid waited
    [ -r "$(database_folder)/postmaster.pid" ] || return 0
    read -r pid <"$(database_folder)/postmaster.pid" || return 0
    for ((waited = 0; waited < 100; waited++)); do
        grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null || return 0
        sleep 0.1
    done
}

# Becomes the program that writes the server's log and limits its size, which PostgreSQL's own collector cannot do. It
# runs as the account of ./run, because the server's account may be unable to enter the folder. It has its own session,
# so that Ctrl-C does not end it before the server's last message. It ends with the last process of the server.
database_log_exec() {
    exec 8>&- >"$dir/logs/postgresql-start.log" 2>&1
    cd /
    exec setsid env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TZ=UTC \
        "$top/scripts/rotate" "$dir/logs/postgresql.log" 10M 5
}

database_start() {
    local pid programs home log writer waited=0
    programs=$(database_programs)
    database_place
    database_make
    database_allow
    database_wait_for_zombie
    home=$(database_home)
    # The name is new each time. So no other process can wait for clients there, and the site of a copied folder has
    # another name.
    printf 'minitwit-%s\n' "$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')" >"$home/socket"
    # The writer must not be a child of the server, because the server watches its children.
    exec {log}> >(database_log_exec)
    writer=$!
    (database_exec "$programs/postgres" -D "$home/data" -c config_file="$home/postgresql.conf" \
        -c hba_file="$home/pg_hba.conf" -c ident_file="$home/pg_ident.conf" -c listen_addresses= \
        -c logging_collector=off -c log_destination=stderr \
        -c unix_socket_directories="@$(<"$home/socket")") >&"$log" 2>&1 {log}>&- </dev/null &
    pid=$!
    exec {log}>&-
    until "$programs/pg_isready" -q -d "$(database_connection postgres postgres)"; do
        if ! kill -0 "$pid" 2>/dev/null; then
            # The writer may still have messages to write.
            wait "$writer" || true
            show_log "$dir/logs/postgresql-start.log"
            show_log "$dir/logs/postgresql.log"
            fail "PostgreSQL did not start" "The lines above are the end of $dir/logs/postgresql.log." \
                "If the disk is full (df -h $home), free some space." \
                "If a setting in $dir/postgresql/postgresql.conf is wrong, correct it." \
                "If another server uses this data, perhaps in another container, stop that server." \
                "To begin with an empty site, move $dir away."
        fi
        waited=$((waited + 1))
        # After a crash, the server first replays its write-ahead log.
        [ "$waited" -ne 50 ] || say "Waiting for PostgreSQL to recover ..."
        [ "$waited" -lt 6000 ] ||
            fail "PostgreSQL accepts no connections after 10 minutes" "See $dir/logs/postgresql.log."
        sleep 0.1
    done
}

# Makes the roles, the database and the schema.
database_prepare() {
    PGOPTIONS='-c client_min_messages=warning' "$(database_programs)/psql" -X -q -v ON_ERROR_STOP=1 \
        -d "$(database_connection postgres postgres)" <"$top/sql/roles.sql" >/dev/null ||
        fail "could not make the roles of the site" \
            "See the message above, and the server's log: $dir/logs/postgresql.log."
    if [ "$(database_query postgres "select count(*) from pg_database where datname = 'minitwit'")" -eq 0 ]; then
        database_query postgres 'create database minitwit owner minitwit_owner'
    fi
    "$build/minitwitctl" migrate --sql "$top/sql" --dsn "$(database_connection minitwit_owner minitwit)" ||
        fail "could not bring the database to the schema that this build needs" "See the message above." \
            "If the schema is too new, this clone is older than the site. Update the clone, or use another folder:" \
            "--dir DIR"
}

# Ends the server as pg_ctl -m fast does. pg_ctl itself fails if the account of the server can no longer enter the
# folder, or if the programs of this version are gone.
database_stop() {
    local pid waited=0
    pid=$(database_pid)
    [ -n "$pid" ] || return 0
    kill -INT "$pid" 2>/dev/null || true
    while [ "$(database_pid)" = "$pid" ]; do
        waited=$((waited + 1))
        [ "$waited" -lt 600 ] || fail "PostgreSQL (process $pid) does not stop" "See $dir/logs/postgresql.log."
        sleep 0.1
    done
}
