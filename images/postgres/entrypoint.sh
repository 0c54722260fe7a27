#!/bin/sh
# Starts PostgreSQL. An empty volume gets a database first; the password is always the one given.
#
#   POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE   the user's password; required
#   POSTGRES_USER, POSTGRES_DB                    both `mlflow` by default
#   PGDATA                                        folder of the database, below the volume's root
#
# More arguments go to the server, such as `-c max_connections=50`.
set -eu
umask 077
# A pid file left by a kill names this shell's own pid: with this the server knows that it is no rival.
export PG_GRANDPARENT_PID=$$

user=${POSTGRES_USER:-mlflow}
database=${POSTGRES_DB:-mlflow}

fail() {
    echo "entrypoint: $1" >&2
    exit 1
}

read_password() {
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        [ -r "$POSTGRES_PASSWORD_FILE" ] || fail "POSTGRES_PASSWORD_FILE: $POSTGRES_PASSWORD_FILE cannot be read"
        POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    fi
    [ -n "${POSTGRES_PASSWORD:-}" ] || fail "no password: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE"
    case $POSTGRES_PASSWORD in
    *'
'*) fail "POSTGRES_PASSWORD: expected one line, got several" ;;
    esac
}

# Runs the statements on standard input, one a line, without a server that anybody could reach.
run_statements() {
    output=$(postgres --single -j -D "$1" -c log_min_error_statement=panic postgres 2>&1) || fail "$2: $output"
    case $output in
    *ERROR:* | *FATAL:*) fail "$2: $output" ;;
    esac
}

# A database half made, by a start that was killed, stays beside and is made anew.
create_database() {
    echo "entrypoint: making the database in $PGDATA"
    rm -rf "$PGDATA.new"
    printf '%s\n' "$POSTGRES_PASSWORD" > /tmp/initial-password
    initdb --pgdata="$PGDATA.new" --username="$user" --pwfile=/tmp/initial-password --encoding=UTF8 --locale=C.UTF-8 \
        --auth-host=scram-sha-256 --auth-local=scram-sha-256 > /tmp/initdb.log 2>&1 ||
        fail "initdb: $(cat /tmp/initdb.log)"
    rm /tmp/initial-password
    echo "host all all all scram-sha-256" >> "$PGDATA.new/pg_hba.conf"
    if [ "$database" != postgres ]; then
        printf 'CREATE DATABASE "%s"\n;\n\n' "$database" | run_statements "$PGDATA.new" "CREATE DATABASE"
    fi
    mv "$PGDATA.new" "$PGDATA"
}

set_password() {
    quoted=$(printf '%s' "$POSTGRES_PASSWORD" | sed "s/'/''/g")
    printf "ALTER ROLE \"%s\" PASSWORD '%s'\n;\n\n" "$user" "$quoted" | run_statements "$PGDATA" "ALTER ROLE"
}

# initdb and the single-user server ask for the name of their user, and one of the cluster's choosing has none: OpenShift
# runs a namespace's pods as a user of its range. So does Docker's own image of PostgreSQL.
name_user() {
    ! getent passwd "$(id -u)" > /dev/null || return 0
    printf 'postgres:x:%s:%s::/tmp:/usr/sbin/nologin\n' "$(id -u)" "$(id -g)" > /tmp/passwd
    printf 'postgres:x:%s:\n' "$(id -g)" > /tmp/group
    export LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=/tmp/passwd NSS_WRAPPER_GROUP=/tmp/group
}

read_password
name_user
case $user$database in
*[!a-z0-9_]*) fail "POSTGRES_USER and POSTGRES_DB: expected a-z, 0-9 and _, got '$user' and '$database'" ;;
esac

mkdir -p "$PGDATA/.." 2> /dev/null || fail "$PGDATA: its volume cannot be written by uid $(id -u); set fsGroup"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    [ ! -e "$PGDATA" ] || rmdir "$PGDATA" 2> /dev/null || fail "$PGDATA: expected a database or nothing, got other files"
    create_database
else
    # fsGroup opens a volume's folders to the group, which the server refuses.
    chmod 0700 "$PGDATA"
    [ "$(cat "$PGDATA/PG_VERSION")" = 15 ] ||
        fail "$PGDATA: made by PostgreSQL $(cat "$PGDATA/PG_VERSION"), this is 15; dump it there and restore it here"
    set_password
fi
unset POSTGRES_PASSWORD PG_GRANDPARENT_PID LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
