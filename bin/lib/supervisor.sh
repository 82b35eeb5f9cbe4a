# The supervisor of bin/dev: one for each state folder; it starts the services and keeps them running.
# Sourced, not run.
# shellcheck shell=bash disable=SC2154 # bin/dev and bin/lib share their variables

# What `supervise` ends with when another one holds the lock.
readonly already_running=75

# Starts everything and keeps it running until a signal. One for each state folder: it holds a lock,
# which the kernel gives back however it ends.
supervise() {
    umask 077
    mkdir -p "$run" "$log" "$tls" "$state/mail" "$state/media" "$state/sandbox"
    exec 9>"$run/lock"
    # A moment's patience: `status` takes the lock to look.
    flock --wait 3 9 || exit $already_running
    note_process "$run/supervisor.process" $$
    # Whatever an earlier one left behind when it was killed outright.
    stop_services
    # dev.log may be our own output.
    find "$log" -name '*.log' ! -name dev.log -size +20M -exec mv {} {}.1 \;

    # The supervisor listens where `serve` answers, so that a request that comes while `serve` is
    # started again waits instead of failing. bash cannot listen: perl does, and becomes this script
    # again, with the lock and the process it has.
    # shellcheck disable=SC2016
    RUSHES_STATE_DIR=$state RUSHES_BIN_DIR=$bin exec perl -MSocket -MPOSIX= -e '
        my ($path, @command) = @ARGV;
        my $socket;
        socket($socket, PF_UNIX, SOCK_STREAM, 0)
            && bind($socket, pack_sockaddr_un($path))
            && chmod(0660, $path)
            && listen($socket, 1024)
            && POSIX::dup2(fileno $socket, 7)
            or die "bin/dev: cannot listen on $path: $!\n";
        exec @command;
    ' "$run/serve.sock" "$script" keep "--seed=$want_seed"
}

# The second half of `supervise`, with the lock in descriptor 9 and the listening socket in 7.
keep() {
    umask 077
    declare -gA pid_of=() started_at=() due_at=()
    declare -gA failures=()
    trap 'exit 0' INT TERM HUP
    trap 'end_supervising $?' EXIT

    load_secrets
    make_certificate
    check_port RUSHES_HTTP_PORT "$http_port"
    check_port RUSHES_HTTPS_PORT "$https_port"
    choose_environment
    write_nginx_configuration

    [[ -z $own_database ]] || start_database
    MIGRATE_DATABASE_URL=$migrate_url run_rushes migrate "$bin/rushes" migrate
    [[ -z $stand_ins ]] || start sandbox
    local name
    for name in "${serves[@]}"; do
        start "$name"
    done
    start nginx
    await /api/health/live 60 || fail "no answer from https://localhost:$https_port: see $log"
    # Before any worker: a whole shop lies in the past, and nobody may see it half.
    [[ $want_seed != shop ]] || seed
    # The worker last: it calls the vendors at once, and the stand-ins are reached through nginx.
    start work
    # A vendor that does not answer makes it 503 for good, which is for the one who chose that
    # vendor to know, and not a failed start.
    await /api/health 60 || say "bin/dev: warning: /api/health is not 200 after a minute; going on"
    seed
    summary >"$run/ready.new"
    mv "$run/ready.new" "$run/ready"
    cat "$run/ready"
    keep_running
}

# shellcheck disable=SC2317 # called by a trap
end_supervising() {
    local status=$1
    trap '' INT TERM HUP
    trap - EXIT
    [[ ! -t 2 ]] || say "bin/dev: stopping"
    stop_services
    rm -f "$run/supervisor.process"
    exit "$status"
}

# Starts again what dies: at once, unless it had hardly started; then later and later.
keep_running() {
    [[ -z $own_database ]] || services+=(mariadb)
    local name wait tick=0 stopping=''
    # Only noted here: bash 5.2 crashes when a trap ends it in the middle of a `read` with a timeout.
    trap 'stopping=yes' INT TERM HUP
    # Waits by reading from a pipe that nobody writes to, so that no process is needed for it.
    local pipe=$run/pipe
    rm -f "$pipe"
    mkfifo "$pipe"
    exec 8<>"$pipe"
    while [[ -z $stopping ]]; do
        read -r -t 0.25 -u 8 || true
        for name in "${services[@]}"; do
            if [[ -n ${due_at[$name]:-} ]]; then
                if ((SECONDS >= due_at[$name])); then
                    unset "due_at[$name]"
                    start "$name"
                fi
            elif ! is_alive "${pid_of[$name]}"; then
                # Children that it left would keep its sockets and ports.
                stop_noted 0 "$run/$name.process"
                if ((SECONDS - started_at[$name] > 2)); then
                    failures[$name]=0
                fi
                wait=${failures[$name]:-0}
                failures[$name]=$((wait + 1))
                wait=$((wait == 0 ? 0 : wait > 3 ? 10 : 2 ** wait))
                due_at[$name]=$((SECONDS + wait))
                say "$(date -u +%FT%TZ) $name died; starting it again in $wait s (see $log/$name.log)"
            fi
        done
        # An edited asset is a new release, or browsers would keep the old one.
        tick=$(((tick + 1) % 8))
        if ((tick == 0)) && [[ -d $top/nginx/html/assets ]] && [[ -n $(
            find "$top/nginx/html/assets" -newer "$run/nginx/nginx.conf" -print -quit
        ) ]]; then
            if write_nginx_configuration; then
                kill -HUP "${pid_of[nginx]}" 2>/dev/null || true
            else
                # Said once: the next edit tries again.
                touch "$run/nginx/nginx.conf"
            fi
        fi
    done
}
