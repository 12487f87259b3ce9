#!/bin/sh
# Does the broker answer? Asks for the versions of its API (request 18, version 0) over the wire:
# Kafka's own tools would start a Java machine for every look.
exec timeout 4 bash -c '
  exec 3<>/dev/tcp/127.0.0.1/9092 &&
  printf "\0\0\0\012\0\022\0\0\0\0\0\001\377\377" >&3 &&
  [ "$(head -c 8 <&3 | wc -c)" -eq 8 ]'
