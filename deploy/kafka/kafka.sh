#!/usr/bin/env bash
# An Apache Kafka broker on loopback, without Docker, for development and tests: KRaft, plaintext, and by
# itself unless it is told of others. Needs Java 17 or later, and Maven to fetch the jars once.
#
#   kafka.sh libs  DIR                 fetch the jars into DIR/libs, or into $KEZEK_KAFKA_LIBS
#   kafka.sh start DIR PORT            start on PORT (and PORT+1); finds the data of an earlier start
#   kafka.sh run   DIR PORT            the same in the foreground, for a supervisor
#   kafka.sh stop  DIR                 stop cleanly; the data stay in DIR/data
#   kafka.sh tool  DIR CLASS [ARG...]  a command-line tool, as org.apache.kafka.tools.TopicCommand
#
# Several brokers, each with a DIR and a PORT of its own: KEZEK_KAFKA_NODE is the number of this one,
# KEZEK_KAFKA_PORTS the ports of all in order (9092,9192,9292), KEZEK_KAFKA_CLUSTER the id they share.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
start_limit_s=60
node=${KEZEK_KAFKA_NODE:-1}
IFS=, read -r -a ports <<< "${KEZEK_KAFKA_PORTS:-}"
stop_limit_s=20

usage() { sed -n '5,12s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
fail() { echo "kafka.sh: $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || fail "$1 is not installed ($2)"; }
# A killed process that nobody has waited for yet (a zombie) still has its pid.
alive() {
  kill -0 "$1" 2>/dev/null || return 1
  [ ! -r "/proc/$1/status" ] || ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status"
}
running() { [ -f "$dir/pid" ] && alive "$(cat "$dir/pid")"; }
broker() { java "-Dlog4j2.configurationFile=$dir/log4j2.properties" -cp "$libs/*" "$@"; }

write_configuration() {
  local port=$1 controller=$(($1 + 1)) voters="" copies=1 least=1 number
  if [ ${#ports[@]} -gt 0 ]; then
    for number in "${!ports[@]}"; do
      voters+="${voters:+,}$((number + 1))@127.0.0.1:$((ports[number] + 1))"
    done
    copies=${#ports[@]}
    [ "$copies" -eq 1 ] || least=$((copies - 1))
  fi
  cat > "$dir/log4j2.properties" <<END
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1} %m%n
END
  cat > "$dir/server.properties" <<END
process.roles=broker,controller
node.id=$node
controller.quorum.voters=${voters:-$node@127.0.0.1:$controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
log.dirs=$dir/data
# Topics are created by "python -m shared.messaging.topics", never by a typing error.
auto.create.topics.enable=false
num.partitions=12
# On every broker there is; one may be away.
offsets.topic.replication.factor=$copies
offsets.topic.num.partitions=4
min.insync.replicas=$least
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$least
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$least
# The default waits 3 s for more members before a new group's first assignment.
group.initial.rebalance.delay.ms=0
END
}

prepare() {
  need java "Java 17 or later"
  [ -n "$(ls "$libs"/kafka_*.jar 2>/dev/null)" ] || fail "no jars in $libs; run: kafka.sh libs $dir"
  running && fail "already running, pid $(cat "$dir/pid")"
  write_configuration "$1"
  if [ ! -e "$dir/data/meta.properties" ]; then
    local cluster=${KEZEK_KAFKA_CLUSTER:-}
    [ -n "$cluster" ] || cluster=$(broker kafka.tools.StorageTool random-uuid)
    broker kafka.tools.StorageTool format -t "$cluster" -c "$dir/server.properties" >/dev/null
  fi
}

serve=(java -Xms128m -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1)

fetch() {
  if compgen -G "$libs/kafka_*.jar" >/dev/null; then return; fi
  need mvn "Apache Maven"
  # Into a folder of our own first: an interrupted download must not look complete.
  local part="$libs.part.$$"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies \
    "-DoutputDirectory=$part" -DincludeScope=runtime
  if [ -d "$libs" ]; then rm -rf "$part"; else mv "$part" "$libs"; fi
}

start() {
  prepare "$1"
  setsid "${serve[@]}" "-Dlog4j2.configurationFile=$dir/log4j2.properties" -cp "$libs/*" \
    kafka.Kafka "$dir/server.properties" >"$dir/log" 2>&1 </dev/null &
  echo $! > "$dir/pid"
  for _ in $(seq $((start_limit_s * 10))); do
    running || { tail -5 "$dir/log" >&2; fail "the broker exited; see $dir/log"; }
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    sleep 0.1
  done
  fail "no answer on port $1 after $start_limit_s s; see $dir/log"
}

stop() {
  if running; then
    local pid; pid=$(cat "$dir/pid")
    kill "$pid"
    for _ in $(seq $((stop_limit_s * 10))); do
      alive "$pid" || break
      sleep 0.1
    done
    if alive "$pid"; then kill -9 "$pid"; fi
  fi
  rm -f "$dir/pid"
}

[ $# -ge 2 ] || usage
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
libs=${KEZEK_KAFKA_LIBS:-$dir/libs}
case $command in
  libs) fetch ;;
  start) [ $# -eq 3 ] || usage; start "$3" ;;
  run)
    [ $# -eq 3 ] || usage
    prepare "$3"
    exec "${serve[@]}" "-Dlog4j2.configurationFile=$dir/log4j2.properties" -cp "$libs/*" \
      kafka.Kafka "$dir/server.properties" ;;
  stop) stop ;;
  tool) [ $# -ge 3 ] || usage; broker "${@:3}" ;;
  *) usage ;;
esac
