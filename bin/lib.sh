# What the scripts have in common: settings, ports, processes, the database. Sourced, not run.
# shellcheck shell=bash

# Daemons lie there on Debian, outside an ordinary user's PATH.
PATH=$PATH:/usr/sbin:/sbin

# The application's own settings; each may be NAME_FILE instead, a file that holds the value.
# shellcheck disable=SC2034 # for those who source this
application_variables=(
    APP_ENV APP_URL CREDIT_EXPIRY_DAYS DATABASE_NODE_URLS DATABASE_URL GENERATE_LIMIT JOB_DEADLINES
    JWT_SECRET JWT_SECRET_PREVIOUS MAIL_FROM MAIL_URL MEDIA_URL OPERATOR_MAIL POLLO_API_BASE
    POLLO_API_FAMILY POLLO_API_KEY POLLO_MAX_PARALLEL POLLO_POLL_INTERVAL POLLO_WEBHOOK_SECRET
    PURCHASE_LIMIT REQUIRE_VERIFIED SENTRY_DSN SIGNUP_CREDIT STRIPE_API_BASE STRIPE_SECRET_KEY
    STRIPE_WEBHOOK_SECRET
)

say() {
    echo "$*" >&2
}

fail() {
    echo "bin/${0##*/}: $*" >&2
    exit 1
}

# Prints the comment that the script begins with, and ends, when one of the arguments asks for help.
# Called before anything is installed or built.
help_if_asked() {
    local argument
    for argument; do
        case $argument in
        -h | --help)
            awk 'NR > 1 { if (!/^#/ || /^# shellcheck/) exit; sub(/^# ?/, ""); print }' "$0"
            exit 0
            ;;
        esac
    done
}

# The Swift tests are built and run as the program is that ships: optimised, because the optimiser
# can be wrong where the debug build is right. In a folder of their own: they need -enable-testing,
# and the product is linked statically, which the module Testing cannot be.
# shellcheck disable=SC2034 # for those who source this
swift_test_options=(-c release -Xswiftc -enable-testing --scratch-path .build-tests)

# Takes NAME=VALUE lines from an environment file; what is set in the environment already wins.
# Nothing in the file is run.
read_env_file() {
    local file=$1 line number=0 name value
    [[ -f $file ]] || return 0
    while IFS= read -r line || [[ -n $line ]]; do
        number=$((number + 1))
        line=${line%$'\r'}
        [[ $line =~ ^[[:space:]]*(#.*)?$ ]] && continue
        [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] ||
            fail "$file, line $number: not NAME=VALUE"
        name=${BASH_REMATCH[2]}
        value=${BASH_REMATCH[3]%"${BASH_REMATCH[3]##*[![:space:]]}"}
        if [[ $value =~ ^\"(.*)\"$ || $value =~ ^\'(.*)\'$ ]]; then
            value=${BASH_REMATCH[1]}
        fi
        [[ -n ${!name:-} ]] || export "$name=$value"
    done <"$file"
}

# Whether a TCP port can be bound on loopback, as nginx would bind it.
port_is_free() {
    perl -MSocket -e '
        socket(my $socket, PF_INET, SOCK_STREAM, 0) or exit 1;
        setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
        exit 1 unless bind($socket, sockaddr_in(shift, INADDR_LOOPBACK)) && listen($socket, 1);
        socket(my $six, PF_INET6, SOCK_STREAM, 0) or exit 0;
        setsockopt($six, SOL_SOCKET, SO_REUSEADDR, 1);
        setsockopt($six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        my $loopback = Socket::inet_pton(AF_INET6, "::1");
        exit 1 unless bind($six, pack_sockaddr_in6((sockaddr_in(getsockname $socket))[0], $loopback))
            || $!{EADDRNOTAVAIL};
    ' "$1"
}

# Prints $1 TCP ports that are free on loopback now, all different. Below those that the kernel gives
# to outgoing connections (ip_local_port_range), or one of these could take it before we listen.
free_ports() {
    local -A chosen=()
    local port
    while ((${#chosen[@]} < $1)); do
        port=$((RANDOM % 12000 + 20000))
        if [[ -z ${chosen[$port]:-} ]] && port_is_free "$port"; then
            chosen[$port]=yes
            echo "$port"
        fi
    done
}

# The path of a unix socket has 107 bytes at most (unix(7)).
check_socket_path() {
    local LC_ALL=C
    ((${#1} <= 107)) ||
        fail "the socket path $1 is longer than 107 bytes: set RUSHES_STATE_DIR to a shorter folder"
}

# When a process began, in clock ticks since boot: with its pid, the name of one process. Fails for
# one that is dead, waited for or not.
birth_of() {
    local stat
    { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The second field is a program's name in brackets and may hold anything.
    read -ra stat <<<"${stat##*) }"
    [[ ${stat[0]} != [ZX] ]] || return 1
    echo "${stat[19]}"
}

is_alive() {
    birth_of "$1" >/dev/null
}

# Notes the process $2 in the file $1, for `noted_process`.
note_process() {
    echo "$2 $(birth_of "$2" || echo dead) $(</proc/sys/kernel/random/boot_id)" >"$1"
}

# Prints the pid noted in the file $1, if that very process lives, or if it died and left others of
# its process group behind (nginx's workers, an ffmpeg). Never another process with a reused pid.
noted_process() {
    local pid birth boot now
    { read -r pid birth boot <"$1"; } 2>/dev/null || return 1
    [[ $boot == "$(</proc/sys/kernel/random/boot_id)" ]] || return 1
    if now=$(birth_of "$pid"); then
        [[ $now == "$birth" ]] || return 1
    else
        pgrep --pgroup "$pid" --runstates D,R,S,T,t,I >/dev/null || return 1
    fi
    echo "$pid"
}

# Runs a program in a process group of its own, that ends with us even if we are killed outright.
# For a background job's last command.
exec_guarded() {
    exec setsid setpriv --pdeathsig TERM -- "$@"
}

# Sends SIGTERM to the processes noted in the files, and SIGKILL to what is left of their groups
# once they are gone, or after $1 seconds.
stop_noted() {
    local patience=$1 file pid deadline
    shift
    for file; do
        if pid=$(noted_process "$file"); then
            kill -TERM "$pid" 2>/dev/null || true
        fi
    done
    deadline=$((SECONDS + patience))
    for file; do
        while pid=$(noted_process "$file"); do
            if ! is_alive "$pid" || ((SECONDS >= deadline)); then
                kill -KILL -- "-$pid" 2>/dev/null || true
            fi
            sleep 0.05
        done
        rm -f "$file"
    done
}

# Makes a MariaDB data folder, once. In a folder beside it first, so that an interrupted start
# leaves nothing half made.
create_database_files() {
    local data=$1
    [[ -d $data ]] && return 0
    rm -rf "$data.new"
    local -a user=()
    ((EUID == 0)) && user=(--user=root)
    # A server that starts removes what looks like its own old tables from its temporary folder,
    # which may be those of another that runs: no two servers share one.
    rm -rf "$data.tmp"
    mkdir -p "$data.tmp"
    mariadb-install-db --no-defaults "${user[@]}" --datadir="$data.new" --tmpdir="$data.tmp" \
        --skip-test-db --auth-root-authentication-method=normal >/dev/null
    rm -rf "$data.tmp"
    mv "$data.new" "$data"
}

# Becomes a MariaDB server on the data folder $1, reached by the unix socket $2 alone. Its root
# account has no password: the folder of the socket is closed to everyone else.
exec_database() {
    local data=$1 socket=$2
    local -a user=()
    ((EUID == 0)) && user=(--user=root)
    mkdir -p "$socket.tmp"
    exec_guarded mariadbd --no-defaults "${user[@]}" --datadir="$data" --socket="$socket" \
        --pid-file="$socket.pid" --tmpdir="$socket.tmp" --skip-networking \
        --default-time-zone=+00:00 --transaction-isolation=READ-COMMITTED \
        --innodb-flush-log-at-trx-commit=1 --innodb-snapshot-isolation=ON \
        --innodb-lock-wait-timeout=5 --idle-transaction-timeout=10 --local-infile=0 \
        --character-set-server=utf8mb4 --max-connections=300 --innodb-buffer-pool-size=256M
}

# Runs the SQL on standard input as the database's root account.
database_root() {
    mariadb --no-defaults --batch --user=root --socket="$1"
}

# Waits until the database answers on its socket. $2 is its process; its death ends the wait.
await_database() {
    local socket=$1 process=$2 deadline=$((SECONDS + 90))
    until mariadb-admin --no-defaults --user=root --socket="$socket" --silent ping >/dev/null 2>&1; do
        is_alive "$process" || return 1
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}
