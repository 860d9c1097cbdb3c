# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
# shellcheck shell=bash
# shellcheck disable=SC2154 # the sourcing script sets $dir, $build, $listen and the ports
#
# The httpd of ./run, in $dir/httpd. Source it after lib.sh, with $dir, $build, $listen and the ports set.

# The simulator of the course sends these credentials.
course_credentials='simulator:super_safe!'

httpd_program() {
    printf '%s/%s\n' "$(apxs -q SBINDIR)" "$(apxs -q PROGNAME)"
}

# The account that serves requests.
httpd_account() {
    if [ "$(id -u)" -eq 0 ]; then
        printf 'www-data\n'
    else
        id -un
    fi
}

# httpd_host ADDRESS: prints the address in the form of URLs and Listen.
httpd_host() {
    case $1 in
    *:*) printf '[%s]\n' "$1" ;;
    *) printf '%s\n' "$1" ;;
    esac
}

# httpd_url PORT: prints a URL by which this machine reaches a port on $listen.
httpd_url() {
    case $listen in
    0.0.0.0) printf 'http://127.0.0.1:%s\n' "$1" ;;
    ::) printf 'http://[::1]:%s\n' "$1" ;;
    *) printf 'http://%s:%s\n' "$(httpd_host "$listen")" "$1" ;;
    esac
}

# Prints the process id of the running httpd, or nothing. Another process may have the number by now, so the command
# line must name our configuration.
httpd_pid() {
    local pid file=$dir/httpd/httpd.pid
    [ -r "$file" ] || return 0
    read -r pid <"$file" || return 0
    if [[ $pid =~ ^[0-9]+$ ]] && [ -r "/proc/$pid/cmdline" ] &&
        { tr '\0' '\n' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qxF -- "$dir/httpd/httpd.conf"; then
        printf '%s\n' "$pid"
    fi
}

# httpd_check_port OPTION PORT: if a process already listens on the port, names the process and ends the script.
httpd_check_port() {
    local address holder
    while read -r _ _ _ address _ holder; do
        address=${address%:*}
        case $listen in
        0.0.0.0 | ::) ;;
        # ss prints * for a socket of both address families, and %zone after the address of one interface.
        *:*) [ "$address" = "[$listen]" ] || [ "$address" = '[::]' ] || [ "$address" = '*' ] || continue ;;
        *) [ "${address%%%*}" = "$listen" ] || [ "$address" = 0.0.0.0 ] || [ "$address" = '*' ] || continue ;;
        esac
        # users:(("apache2",pid=17,fd=4),...), or nothing for a process of another account.
        if [[ $holder =~ \"([^\"]+)\",pid=([0-9]+) ]]; then
            holder=" by ${BASH_REMATCH[1]}, process ${BASH_REMATCH[2]}"
        fi
        fail "port $2 is already in use$holder" \
            "Choose another port: $1 N. Or stop the process; as root, ss -ltnp 'sport = :$2' names it." \
            "If it is a site in another folder, run: ./run --stop --dir DIR"
    done < <(ss -Hltnp "sport = :$2" 2>/dev/null)
}

httpd_check_ports() {
    httpd_check_port --web-port "$web_port"
    httpd_check_port --api-port "$api_port"
    httpd_check_port --ops-port "$ops_port"
}

httpd_configure() {
    local modules host rotate
    modules=$(apxs -q LIBEXECDIR)
    host=$(httpd_host "$listen")
    rotate="|'$top/scripts/rotate' '$dir/logs"
    mkdir -p "$dir/httpd"
    if [ ! -e "$dir/api-credentials" ]; then
        # Only the account of ./run may read the file: httpd reads it before it changes its account.
        (umask 077 && printf '%s\n' "$course_credentials" >"$dir/api-credentials")
    fi
    cat >"$dir/httpd/httpd.conf" <<CONF
# ./run makes this file at each start, so your changes are lost. For a site of your own, see the examples in conf/.
ServerRoot "$dir/httpd"
DefaultRuntimeDir "$dir/httpd"
PidFile "$dir/httpd/httpd.pid"
ServerName localhost
ServerTokens Prod
TraceEnable off

LoadModule mpm_event_module "$modules/mod_mpm_event.so"
LoadModule authz_core_module "$modules/mod_authz_core.so"
LoadModule authz_host_module "$modules/mod_authz_host.so"
LoadModule dbd_module "$modules/mod_dbd.so"
LoadModule deflate_module "$modules/mod_deflate.so"
LoadModule filter_module "$modules/mod_filter.so"
LoadModule reqtimeout_module "$modules/mod_reqtimeout.so"
LoadModule status_module "$modules/mod_status.so"
LoadModule minitwit_module "$build/mod_minitwit/.libs/mod_minitwit.so"

CONF
    if [ "$(id -u)" -eq 0 ]; then
        printf 'User www-data\nGroup www-data\n\n' >>"$dir/httpd/httpd.conf"
    fi
    cat >>"$dir/httpd/httpd.conf" <<CONF
# This lock needs no file, which the children may be unable to open here. The kernel releases it when a child is killed,
# unlike the POSIX semaphores of "Mutex sem".
Mutex pthread

ErrorLog "$rotate/error.log' 10M 5"
ErrorLogFormat "[%{cu}t] [%-m:%l] [pid %P:tid %T] %E: [client\\ %a] [id\\ %L] %M"
Include "$top/conf/minitwit.conf"
CustomLog "$rotate/access.log' 10M 5" minitwit_json

# Each slow client holds a thread. The requests of a child share DBDMax connections. There are four children, or eight
# during a graceful restart: 8 x 8 of PostgreSQL's 100 connections. All run from the start, because many clients can
# arrive faster than httpd starts children. With fewer than MinSpareThreads idle threads, httpd logs an error.
StartServers 4
MinSpareThreads 16
MaxSpareThreads 256
ServerLimit 8
ThreadsPerChild 64
ThreadLimit 64
MaxRequestWorkers 256

MaxMemFree 96

ExtendedStatus Off
Timeout 30
KeepAliveTimeout 5
RequestReadTimeout header=10-20,MinRate=500 body=10-30,MinRate=500
LimitRequestLine 8190
LimitRequestFieldSize 8190
LimitRequestFields 60
DeflateAlterETag NoChange
AddOutputFilterByType DEFLATE text/html image/svg+xml application/atom+xml application/json

DBDriver pgsql
DBDParams "$(database_connection minitwit_site minitwit)"
DBDMin 0
DBDKeep 8
DBDMax 8
DBDExptime 300

MinitwitTemplates "$top/templates"
MinitwitApiCredentials "$dir/api-credentials"

# Half of the workers. The default is smaller if the machine is busy when httpd measures its speed. 100 people who
# register at the same moment must all find a place.
MinitwitHashQueue 128

<Directory "/">
    AllowOverride None
    Require all denied
</Directory>

Listen $host:$web_port
<VirtualHost $host:$web_port>
    <Location "/">
        SetHandler minitwit-web
    </Location>
</VirtualHost>

Listen $host:$api_port
<VirtualHost $host:$api_port>
    <Location "/">
        SetHandler minitwit-api
    </Location>
</VirtualHost>

Listen $host:$ops_port
<VirtualHost $host:$ops_port>
    <Location "/livez">
        SetHandler minitwit-health
    </Location>
    <Location "/readyz">
        SetHandler minitwit-health
    </Location>
    <Location "/metrics">
        SetHandler minitwit-metrics
    </Location>
    # It shows the clients' requests, so only this machine may read it.
    <Location "/server-status">
        SetHandler server-status
        Require local
    </Location>
</VirtualHost>
CONF
}

httpd_start() {
    local pid waited=0
    httpd_configure
    # If another process has the old process id by now, httpd would refuse to start.
    rm -f "$dir/httpd/httpd.pid"
    if ! (httpd_exec -t) >"$dir/logs/httpd-start.log" 2>&1 </dev/null; then
        show_log "$dir/logs/httpd-start.log"
        fail "httpd rejects its configuration $dir/httpd/httpd.conf" "See httpd's messages above."
    fi
    (httpd_exec -D FOREGROUND) >"$dir/logs/httpd-start.log" 2>&1 </dev/null &
    pid=$!
    until curl -fsS --noproxy '*' --max-time 5 -o "$dir/httpd/readyz" "$(httpd_url "$ops_port")/readyz" 2>/dev/null; do
        waited=$((waited + 1))
        if ! kill -0 "$pid" 2>/dev/null; then
            show_log "$dir/logs/httpd-start.log"
            show_log "$dir/logs/error.log"
            fail "httpd did not start" \
                "See httpd's messages above. If another process took a port, choose another port: ./run --help."
        elif [ "$waited" -eq 300 ]; then
            say "readyz answers: $(curl -s --noproxy '*' --max-time 5 "$(httpd_url "$ops_port")/readyz" || true)" >&2
            show_log "$dir/logs/error.log"
            fail "httpd runs, but the site is not ready after 30 seconds" "See the messages above, and $dir/logs."
        fi
        sleep 0.1
    done
}

# Executes httpd with our configuration, in a new session, without the caller's folder and environment.
httpd_exec() {
    exec 8>&-
    cd /
    exec setsid env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TZ=UTC "$(httpd_program)" \
        -f "$dir/httpd/httpd.conf" "$@"
}

# Prints the ids of all processes with our configuration. If httpd's parent process was killed, its children still run.
httpd_processes() {
    local file
    for file in /proc/[0-9]*/cmdline; do
        # The process may have ended by now.
        if { tr '\0' '\n' <"$file"; } 2>/dev/null | grep -qxF -- "$dir/httpd/httpd.conf"; then
            file=${file%/cmdline}
            printf '%s\n' "${file##*/}"
        fi
    done
}

httpd_stop() {
    local waited=0 pid how=TERM
    local -a left
    pid=$(httpd_pid)
    [ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null || true
    while [ -n "$(httpd_pid)" ] && [ "$waited" -lt 300 ]; do
        waited=$((waited + 1))
        sleep 0.1
    done
    for ((waited = 0; waited < 100; waited++)); do
        mapfile -t left < <(httpd_processes)
        [ ${#left[@]} -gt 0 ] || return 0
        [ "$waited" -lt 50 ] || how=KILL
        kill -"$how" "${left[@]}" 2>/dev/null || true
        sleep 0.1
    done
    fail "httpd (process ${left[*]}) does not stop" "See $dir/logs/error.log."
}
