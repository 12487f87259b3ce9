#!/bin/sh
# A sentinel: sentinel.sh ADDRESS PRIMARY'S-ADDRESS. It keeps what it learns in its configuration, on the volume.
set -eu
umask 077
address=$1 primary=$2
if [ ! -e /data/sentinel.conf ]; then
  cat > /data/sentinel.conf.new <<END
port 26379
dir /data
sentinel announce-ip $address
sentinel monitor booking $primary 6379 2
sentinel auth-pass booking $REDISCLI_AUTH
# A fork for rewriting the append-only file, or a slow disk, must not look like a death.
sentinel down-after-milliseconds booking 5000
sentinel failover-timeout booking 30000
sentinel parallel-syncs booking 1
END
  mv /data/sentinel.conf.new /data/sentinel.conf
fi
exec valkey-server /data/sentinel.conf --sentinel
