#!/bin/sh
# Makes .venv as a lock file says, if it is not so already. Says one line when it has to do something.
#   environment.sh LOCK [LOCK...]    the first one is installed; one of the others is enough as well
# PYTHON=... chooses the interpreter. Exit code 2: no fitting Python; 1: the installation failed.
set -u

fail() { echo "kezek: $1" >&2; exit "${2:-1}"; }
fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

version() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || echo "not there"; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null || fail "PYTHON=$PYTHON is not there" 2
        fits "$PYTHON" || fail "Python 3.11 or later is needed; PYTHON=$PYTHON is $(version "$PYTHON")" 2
        echo "$PYTHON"
        return
    fi
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        fits "$name" && { echo "$name"; return; }
    done
    fail "Python 3.11 or later is needed; python3 is $(version python3). Name one: make PYTHON=/path/to/python3.12" 2
}

is_there() {
    for lock; do
        cmp -s "$lock" ".venv/installed-$lock" && return 0
    done
    return 1
}

if [ -z "${PYTHON:-}" ] && is_there "$@" && fits .venv/bin/python; then exit 0; fi
python=$(find_python) || exit 2
exec "$python" embedded/environment.py "$@"
