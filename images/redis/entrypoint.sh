#!/bin/sh
# Starts Redis with a password that stands in no process list.
#
#   REDIS_PASSWORD_FILE   file with the password, one line; required
#
# Arguments go to the server, such as `--appendonly yes`.
set -eu
umask 077

fail() {
    echo "entrypoint: $1" >&2
    exit 1
}

[ -n "${REDIS_PASSWORD_FILE:-}" ] || fail "no password: set REDIS_PASSWORD_FILE"
[ -r "$REDIS_PASSWORD_FILE" ] || fail "REDIS_PASSWORD_FILE: $REDIS_PASSWORD_FILE cannot be read"
password=$(cat "$REDIS_PASSWORD_FILE")
[ -n "$password" ] || fail "REDIS_PASSWORD_FILE: $REDIS_PASSWORD_FILE is empty"
case $password in
*'
'*) fail "REDIS_PASSWORD_FILE: expected one line, got several" ;;
esac

# Within quotes Redis' configuration takes a backslash and a quote as what follows a backslash.
quoted=$(printf '%s' "$password" | sed 's/[\\"]/\\&/g')
configuration=${REDIS_CONFIGURATION:-/tmp/redis.conf}
# Every address, of IPv4 and of IPv6 where the pod has one.
printf 'requirepass "%s"\nbind * -::*\nprotected-mode yes\n' "$quoted" > "$configuration"
exec redis-server "$configuration" "$@"
