#!/bin/sh
# Holds the release build of rushes to figures of design: the instructions of a request of `serve`
# against those of hello.c, its time from start to listening, its memory with 16 threads, and that of
# `work`. Memory under real load, with a database, is for `bin/bench restart`.
#
#     RUSHES_BIN=.build/release/rushes Tests/Benchmarks/gate.sh
#
# Needs gcc, libfcgi-dev, valgrind and python3; no database. Prints one line for each figure and
# ends with 1 when one of them is over its limit.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
: "${RUSHES_BIN:?names the release build of rushes}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

gcc -O2 -o "$work/hello" "$here/hello.c" -lfcgi -lpthread
# valgrind 3.19 gives up on the debug information that Swift writes.
strip --strip-debug -o "$work/rushes" "$RUSHES_BIN"

# Well-formed, and of no use: nothing listens there and no key is one.
export APP_ENV=development APP_URL=http://localhost:8080
export DATABASE_URL="mariadb://nobody@localhost/rushes?socket=$work/none"
export JWT_SECRET=0123456789abcdef0123456789abcdef
export POLLO_API_KEY=none POLLO_WEBHOOK_SECRET=bm9uZQ==
export STRIPE_SECRET_KEY=sk_test_none STRIPE_WEBHOOK_SECRET=whsec_none
unset LISTEN_FDS LISTEN_PID

failed=0
gate() {
    name=$1
    shift
    if "$@"; then echo "pass: $name"; else
        echo "FAIL: $name"
        failed=1
    fi
}

gate "instructions of a request, at most 1.4 of C" \
    python3 "$here/callgrind.py" --limit 1.4 "c=$work/hello {socket} 1" \
    "rushes=$work/rushes serve --socket {socket} --threads 1"
gate "start to listening at most 12 ms, 16 threads in at most 20 MB" \
    python3 "$here/footprint.py" --milliseconds 12 --megabytes 20 \
    "$work/rushes serve --socket {socket} --threads 16"
gate "work in at most 25 MB" \
    python3 "$here/footprint.py" --threads 20 --megabytes 25 "$work/rushes work"
exit $failed
