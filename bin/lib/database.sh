# A private MariaDB. Sourced, not run.
# shellcheck shell=bash disable=SC2154 # bin/dev and bin/lib share their variables

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
        --character-set-server=utf8mb4 --max-connections=1000 --innodb-buffer-pool-size=256M
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

start_database() {
    create_database_files "$state/db"
    start mariadb
    if ! await_database "$run/mariadb.sock" "${pid_of[mariadb]}"; then
        check_alive mariadb
        fail "the database does not answer: see $log/mariadb.log"
    fi
    # No grants for `rushes` here: `rushes migrate` gives it exactly what the application needs.
    database_root "$run/mariadb.sock" <<SQL
DELETE FROM mysql.global_priv WHERE User = '';
FLUSH PRIVILEGES;
CREATE DATABASE IF NOT EXISTS rushes CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS 'rushes'@'localhost';
ALTER USER 'rushes'@'localhost' IDENTIFIED BY '$database_password';
CREATE USER IF NOT EXISTS 'rushes_owner'@'localhost';
ALTER USER 'rushes_owner'@'localhost' IDENTIFIED BY '$owner_password';
GRANT ALL PRIVILEGES ON rushes.* TO 'rushes_owner'@'localhost' WITH GRANT OPTION;
SQL
}
