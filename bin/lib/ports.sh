# Ports and sockets. Sourced, not run.
# shellcheck shell=bash

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

check_port() {
    port_is_free "$2" || fail "port $2 is taken: choose another with $1"
}

# The path of a unix socket has 107 bytes at most (unix(7)).
check_socket_path() {
    local LC_ALL=C
    ((${#1} <= 107)) ||
        fail "the socket path $1 is longer than 107 bytes: set RUSHES_STATE_DIR to a shorter folder"
}
