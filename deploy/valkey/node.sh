#!/bin/sh
# A store that Sentinel looks after: node.sh ADDRESS [PRIMARY'S-ADDRESS]. Whoever is primary changes, and Sentinel writes
# that into each node's configuration; so it lies on the volume, is written once, and is kept. A node that
# comes back late then asks the new primary, and never takes its own old data for the newest.
set -eu
umask 077
address=$1 primary=${2:-}
if [ ! -e /data/node.conf ]; then
  {
    cat /etc/valkey/valkey.conf
    echo "requirepass $REDISCLI_AUTH"
    echo "primaryauth $REDISCLI_AUTH"
    echo "replica-announce-ip $address"
    # One that has lost its primary says so, and is not read from.
    echo "replica-serve-stale-data no"
    [ -z "$primary" ] || echo "replicaof $primary 6379"
  } > /data/node.conf.new
  mv /data/node.conf.new /data/node.conf
fi
exec valkey-server /data/node.conf --maxmemory "$MAXMEMORY"
