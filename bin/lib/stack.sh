# A stack of a script's own, started by bin/dev: its folder, ports and settings leave alone a bin/dev
# that runs meanwhile. Sourced after ports.sh, not run.
# shellcheck shell=bash disable=SC2154 # who sources this knows the top folder

# Chooses the folder .rushes/$1 and free ports for the next bin/dev, and forgets the application's
# settings of whoever calls. Exports where that stack will be found.
choose_stack() {
    local -a ports
    mapfile -t ports < <(free_ports 3)
    local name
    for name in "${application_variables[@]}"; do
        unset "$name" "${name}_FILE"
    done
    export RUSHES_ENV_FILE=/dev/null RUSHES_STATE_DIR=$top/.rushes/$1 RUSHES_IP_LIMITS=off
    export RUSHES_HTTP_PORT=${ports[0]} RUSHES_HTTPS_PORT=${ports[1]}
    export RUSHES_SANDBOX_PORT=${ports[2]}
    export RUSHES_BIN=$RUSHES_BIN_DIR/rushes
    export RUSHES_BASE_URL=https://localhost:$RUSHES_HTTPS_PORT
    export RUSHES_HTTP_URL=http://localhost:$RUSHES_HTTP_PORT
    export RUSHES_SANDBOX_URL=http://localhost:$RUSHES_SANDBOX_PORT
    export RUSHES_CA_FILE=$RUSHES_STATE_DIR/tls/ca.crt
}

# Stops the stack in .rushes/$1, whether it runs or not.
stop_stack() {
    RUSHES_ENV_FILE=/dev/null RUSHES_STATE_DIR=$top/.rushes/$1 "$top/bin/dev" stop || true
}

# Builds the programs unless others were chosen, and has what comes later use them.
choose_programs() {
    build_programs rushes rushes-probe rushes-sandbox || return
    export RUSHES_BIN_DIR=${RUSHES_BIN_DIR:-$top/.build/release}
}
