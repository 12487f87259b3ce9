#!/bin/sh
# Makes what the broker's outside listener needs, once, and switches the listener on: a certificate for
# HOST with its key, in FILE (compose's .env), and beside it kafka-ca.pem, which the systems are given.
#   certificate.sh FILE HOST       HOST: a name or an IPv4 address, as the systems outside use it
# A certificate that is in FILE already is kept, so one's own can be put there instead.
set -eu
umask 077
file=${1:?"usage: certificate.sh FILE HOST"}
host=${2:?"usage: certificate.sh FILE HOST"}
override=deploy/compose.external.yml
days=3650

case $host in
    *[!A-Za-z0-9.-]*) echo "certificate.sh: '$host' is not a name or an IPv4 address" >&2; exit 2 ;;
    *[!0-9.]*) subject=DNS:$host ;;
    *) subject=IP:$host ;;
esac
command -v openssl > /dev/null || { echo "certificate.sh: openssl is not installed" >&2; exit 1; }
[ -f "$file" ] || { echo "certificate.sh: no $file: make secrets first" >&2; exit 1; }

work=$(mktemp -d)
new=$file.new.$$
trap 'rm -rf "$work" "$new"' EXIT
# Without the lines that are written anew here.
grep -v '^KEZEK_EXTERNAL_HOST=' "$file" > "$new" || true
[ -z "$(tail -c 1 "$new")" ] || echo >> "$new"
echo "KEZEK_EXTERNAL_HOST=$host" >> "$new"

# PEM on one line, as .env can hold it: with \n for the ends of lines, which Kafka reads as such.
line() { awk '{ printf "%s\\n", $0 }'; }

if ! grep -q '^KEZEK_KAFKA_TLS_KEY=.' "$new"; then
    (
        cd "$work"
        new_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
        new_key ca.key
        openssl req -x509 -new -key ca.key -days $days -subj "/CN=Kezek Kafka CA" -out ca.pem \
            -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign
        new_key key.pem
        openssl req -new -key key.pem -subj "/CN=$host" -out request.pem
        printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$subject" > extensions
        openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -days $days -extfile extensions \
            -out cert.pem 2> log || { cat log >&2; exit 1; }
    )
    # The CA's key ends here: it has signed the one certificate that it is for.
    {
        printf 'KEZEK_KAFKA_TLS_KEY=%s\n' "$(line < "$work/key.pem")"
        printf 'KEZEK_KAFKA_TLS_CHAIN=%s\n' "$(cat "$work/cert.pem" "$work/ca.pem" | line)"
    } >> "$new"
    cp "$work/ca.pem" "$(dirname "$file")/kafka-ca.pem"
    chmod 644 "$(dirname "$file")/kafka-ca.pem"
    made="a certificate for $host is made; give $(dirname "$file")/kafka-ca.pem to the systems"
else
    made="the certificate that is there is kept (for another one, take the KEZEK_KAFKA_TLS lines away first)"
fi

if ! grep -q '^COMPOSE_FILE=' "$new"; then
    echo "COMPOSE_FILE=docker-compose.yml:$override" >> "$new"
elif ! grep -q "^COMPOSE_FILE=.*$override" "$new"; then
    sed "s|^COMPOSE_FILE=.*|&:$override|" "$new" > "$work/env"
    cp "$work/env" "$new"
fi
mv "$new" "$file"
echo "$file: $made. From the next \`make up\` on the broker listens for $host"
