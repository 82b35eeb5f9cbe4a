# The services of bin/dev: how each is started, awaited and stopped. Sourced, not run.
# shellcheck shell=bash disable=SC2154,SC2034 # bin/dev and bin/lib share their variables

write_nginx_configuration() {
    RUSHES_SERVER_NAME=$server_name RUSHES_TLS_CERTIFICATE=$tls/server.crt \
        RUSHES_TLS_KEY=$tls/server.key RUSHES_RUN_DIR=$run RUSHES_LOG_DIR=$log \
        RUSHES_MEDIA_DIR=$media RUSHES_HTTP_PORT=$http_port RUSHES_HTTPS_PORT=$https_port \
        RUSHES_SANDBOX_PORT=${sandbox_port:-} RUSHES_NGINX_WORKERS=2 \
        RUSHES_NGINX_USER=$( ((EUID)) || echo root) \
        "$top/bin/nginx-conf" development "$run/nginx"
}

# Becomes the service $1. Its output is its log.
become() {
    [[ $1 == serve* ]] || exec 7<&-
    case $1 in
    mariadb) exec_database "$state/db" "$run/mariadb.sock" ;;
    sandbox)
        rm -f "$run/sandbox.sock"
        exec_guarded "$bin/rushes-sandbox" --socket "$run/sandbox.sock" \
            --state "$state/sandbox" --public-url "http://localhost:$sandbox_port"
        ;;
    serve*)
        # The socket that we hold, handed over as sd_listen_fds(3) describes.
        LISTEN_PID=$BASHPID LISTEN_FDS=1 \
            exec_guarded "$bin/rushes" serve --socket "$run/serve.sock" --threads 16 3<&7 7<&-
        ;;
    work) exec_guarded "$bin/rushes" work ;;
    nginx)
        TZ=UTC exec_guarded nginx -p "$run" -e "$log/nginx-error.log" -c "$run/nginx/nginx.conf" \
            -g 'daemon off;'
        ;;
    esac
}

# Starts the service $1 and notes its process.
start() {
    # The lock stays ours alone: a service that outlives us must not hold it.
    (become "$1") >>"$log/$1.log" 2>&1 </dev/null 8>&- 9>&- &
    pid_of[$1]=$!
    started_at[$1]=$SECONDS
    note_process "$run/$1.process" $!
    # Its end is for keep_running to report, not for the shell.
    disown $!
}

# Fails, with the end of its log, if the service $1 has died.
check_alive() {
    is_alive "${pid_of[$1]}" && return 0
    say "--- the end of $log/$1.log"
    tail -n 20 "$log/$1.log" >&2 || true
    fail "$1 did not start"
}

stop_services() {
    # nginx first, so that nobody meets a closed door; the database last, as all others need it.
    stop_noted 5 "$run/nginx.process"
    stop_noted 25 "$run"/serve*.process "$run/work.process" "$run/sandbox.process"
    stop_noted 60 "$run/mariadb.process"
    rm -f "$run"/*.sock "$run/ready"
}

# Runs a subcommand of `rushes` to its end, logged; fails with what it said.
run_rushes() {
    local name=$1
    shift
    if ! "$@" >"$log/$name.log" 2>&1 9>&-; then
        cat "$log/$name.log" >&2
        fail "rushes $name failed"
    fi
}

get() {
    curl --silent --noproxy '*' --max-time 3 --cacert "$tls/ca.crt" --output /dev/null \
        --write-out '%{http_code}' "https://localhost:$https_port$1" || true
}

# Waits until the path $1 answers 200, or fails if a service dies or $2 seconds pass.
await() {
    local deadline=$((SECONDS + $2)) name
    until [[ $(get "$1") == 200 ]]; do
        for name in "${!pid_of[@]}"; do
            check_alive "$name"
        done
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# Sample data with its logins, once. Its output is those logins, `address password` on a line each.
seed() {
    [[ $want_seed != no && ! -e $state/logins ]] || return 0
    local -a whole=()
    [[ $want_seed != shop ]] || whole=(--shop)
    if ! "$bin/rushes" admin seed "${whole[@]}" >"$state/logins.new" 2>"$log/seed.log" 9>&-; then
        cat "$log/seed.log" >&2
        rm -f "$state/logins.new"
        fail "rushes admin seed failed"
    fi
    mv "$state/logins.new" "$state/logins"
}

summary() {
    echo "Rushes is ready."
    echo
    echo "  site       ${APP_URL}"
    echo "  API        http://localhost:$http_port/api/health (plain HTTP, in development alone)"
    [[ -z $stand_ins ]] ||
        echo "  sandbox    http://localhost:$sandbox_port (stands in for: ${stand_ins//,/, })"
    echo "  mail       ${stand_ins:+http://localhost:$sandbox_port/mail, }${MAIL_URL#file:}"
    echo "  state      $state (db, log, media)"
    echo "  ports      HTTP $http_port, HTTPS $https_port${sandbox_port:+, sandbox $sandbox_port}"
    echo "  CA         $tls/ca.crt"
    if [[ -s $state/logins ]]; then
        echo
        echo "Logins, address and password:"
        cat "$state/logins"
    fi
}
