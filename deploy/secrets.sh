#!/bin/sh
# Makes what is missing of the secrets that docker-compose.yml asks for; keeps what is there.
#   secrets.sh FILE       mode 0600; whoever loses it loses what it seals, so it belongs to the backup
set -eu
umask 077
file=${1:?"usage: secrets.sh FILE"}

key() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }
word() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

new=$file.new.$$
trap 'rm -f "$new"' EXIT
if [ -e "$file" ]; then
    cat "$file" > "$new"
    [ -z "$(tail -c 1 "$new")" ] || echo >> "$new"
else
    echo "# The secrets of docker compose, made by deploy/secrets.sh. Keep a copy with the backups." > "$new"
fi

made=
need() { # NAME MAKER
    if ! grep -q "^$1=." "$new"; then
        echo "$1=$($2)" >> "$new"
        made="$made $1"
    fi
}
need KEZEK_OPS_TOKEN word
need KEZEK_TOKEN_KEY word
need KEZEK_IIN_KEY word
need KEZEK_CONTACT_KEYS key # a Fernet key: 32 bytes in URL-safe base64
need KEZEK_CENTRES_STORE_PASSWORD word
need KEZEK_BOOKING_STORE_PASSWORD word
need KEZEK_NOTIFY_STORE_PASSWORD word

if [ -n "$made" ]; then
    mv "$new" "$file"
    echo "$file:$made made"
else
    chmod 600 "$file"
    echo "$file: all secrets are there already"
fi
