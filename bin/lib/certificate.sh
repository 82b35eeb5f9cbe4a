# The certificate of bin/dev's site. Sourced, not run.
# shellcheck shell=bash disable=SC2154 # bin/dev and bin/lib share their variables

# A certificate authority of our own, and a certificate by it for every name of this machine's that
# the site answers to; made again a month before its end, or when the names change.
make_certificate() {
    local host=${APP_URL:-https://localhost}
    host=${host#*://}
    host=${host%%[:/]*}
    server_name="localhost 127.0.0.1 [::1]"
    local names="DNS:localhost,IP:127.0.0.1,IP:::1"
    if [[ $host =~ ^[A-Za-z0-9.-]+$ && $host != localhost && $host != 127.0.0.1 ]]; then
        server_name+=" $host"
        names+=",DNS:$host"
    fi
    if [[ ! -f $tls/ca.crt ]]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
            -subj "/CN=Rushes development on $(uname -n)" \
            -addext keyUsage=critical,keyCertSign,cRLSign \
            -keyout "$tls/ca.key" -out "$tls/ca.crt" 2>/dev/null
    fi
    if [[ $(cat "$tls/names" 2>/dev/null || true) == "$names" ]] &&
        openssl x509 -checkend $((30 * 24 * 3600)) -noout -in "$tls/server.crt" >/dev/null 2>&1; then
        return 0
    fi
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
        -keyout "$tls/server.key" -out "$tls/server.csr" 2>/dev/null
    openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.crt" -CAkey "$tls/ca.key" -days 397 \
        -out "$tls/server.crt" 2>/dev/null -extfile <(
            printf '%s\n' "subjectAltName=$names" basicConstraints=critical,CA:FALSE \
                keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth \
                subjectKeyIdentifier=hash authorityKeyIdentifier=keyid
        )
    echo "$names" >"$tls/names"
}
