#!/bin/sh
# Recovery on the compose stack that runs, each app in a container that is run once (docs/operations.md).
#   recover.sh backup|restore FOLDER [APP]
#   recover.sh verify|rebuild|reseed "" [APP]        APP: centres or booking; both where none is named
# COMPOSE: the command of compose, `docker compose` where it is not said.
set -eu
compose=${COMPOSE:-docker compose}
usage() { sed -n '3,4s/^# *//p' "$0" >&2; exit 2; }

step=${1:-}
folder=${2:-}
scratch=--no-deps
case $step in
    backup | verify) scratch= ;;
esac
case $step in
    backup | restore) [ -n "$folder" ] || usage ;;
    verify | rebuild | reseed) [ -z "$folder" ] || usage ;;
    *) usage ;;
esac
case ${3:-} in
    # Centres first: booking's days are of their zones. Looking, the other way round.
    "") if [ "$step" = verify ]; then apps="booking centres"; else apps="centres booking"; fi ;;
    centres | booking) apps=$3 ;;
    *) usage ;;
esac

if [ "$step" = backup ]; then mkdir -p -m 700 "$folder"; fi
if [ -n "$folder" ]; then
    folder=$(cd "$folder" && pwd)
    # As whoever calls: the files are for his eyes only.
    set -- --user "$(id -u):$(id -g)" --volume "$folder:/backup"
else
    set --
fi

# None is left behind: it takes memory, and nothing keeps a copy of the stores for long.
[ -n "$scratch" ] || trap '$compose rm --stop --force scratch > /dev/null 2>&1' EXIT
trap 'exit 130' INT TERM
code=0
for app in $apps; do
    $compose run --rm -T $scratch "$@" "$app-recovery" "$step" ${folder:+"/backup/$app.backup"} || code=1
    # A second app is not touched where the first one failed; looking goes on.
    if [ $code -ne 0 ] && [ "$step" != verify ]; then break; fi
done
[ "$step" != backup ] || [ $code -ne 0 ] || echo "/backup is $folder here"
exit $code
