# What bin/dev is told, and what it chooses: folders, ports, secrets, the environment of those that it
# starts. Sourced, not run.
# shellcheck shell=bash disable=SC2154,SC2034 # bin/dev and bin/lib share their variables

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

load_settings() {
    # A shell that has read .rushes/env has our choices in it, not somebody's.
    if [[ -n ${RUSHES_CHOSE_THIS:-} ]]; then
        unset RUSHES_CHOSE_THIS SSL_CERT_FILE "${application_variables[@]}"
    fi
    read_env_file "${RUSHES_ENV_FILE:-$top/.env}"

    state=${RUSHES_STATE_DIR:-$top/.rushes}
    [[ $state == /* ]] || state=$PWD/$state
    state=${state%/}
    run=$state/run
    log=$state/log
    tls=$state/tls
    [[ $state != *[\"\\\$\;$'\n']* ]] ||
        fail "RUSHES_STATE_DIR has a character that nginx cannot quote: $state"
    # The longest of them.
    check_socket_path "$run/sandbox.sock"

    http_port=${RUSHES_HTTP_PORT:-8080}
    https_port=${RUSHES_HTTPS_PORT:-8443}
    local name
    for name in RUSHES_HTTP_PORT RUSHES_HTTPS_PORT RUSHES_SANDBOX_PORT; do
        if [[ ! ${!name:-1} =~ ^[1-9][0-9]{0,4}$ ]] || ((${!name:-1} > 65535)); then
            fail "$name is '${!name}': it must be a port number"
        fi
    done
    [[ $http_port != "$https_port" ]] || fail "RUSHES_HTTP_PORT and RUSHES_HTTPS_PORT are the same"
    [[ ${RUSHES_IP_LIMITS:-on} =~ ^(on|off)$ ]] ||
        fail "RUSHES_IP_LIMITS is '$RUSHES_IP_LIMITS': it must be on or off"

    # A stand-in is needed for each vendor whose address nobody chose.
    stand_ins=
    [[ -n ${POLLO_API_BASE:-}${POLLO_API_BASE_FILE:-} ]] || stand_ins=pollo
    [[ -n ${STRIPE_API_BASE:-}${STRIPE_API_BASE_FILE:-} ]] || stand_ins=${stand_ins:+$stand_ins,}stripe
    own_database=
    [[ -n ${DATABASE_URL:-} || -n ${DATABASE_URL_FILE:-} ]] || own_database=yes

    if [[ -n ${RUSHES_BIN_DIR:-} ]]; then
        bin=$(cd "$RUSHES_BIN_DIR" 2>/dev/null && pwd) || fail "RUSHES_BIN_DIR: no such folder"
    else
        bin=$top/.build/release
    fi
    # Relative paths in settings were meant from there; from here on nothing depends on it.
    cd "$top" || return

    serves=(serve)
    local count=${RUSHES_SERVE_COUNT:-1} number
    [[ $count =~ ^[1-9]$ ]] || fail "RUSHES_SERVE_COUNT is '$count': it must be from 1 to 9"
    for ((number = 2; number <= count; number++)); do
        serves+=("serve$number")
    done
    services=(nginx work "${serves[@]}")
    [[ -z $stand_ins ]] || services+=(sandbox)
}

# Sets a variable of the application unless it, or the file to read it from, is set already.
preset() {
    local file=$1_FILE
    if [[ -z ${!1:-} && -z ${!file:-} ]]; then
        export "$1=$2"
    fi
}

make_secret() {
    case $1 in
    POLLO_WEBHOOK_SECRET) openssl rand -base64 32 ;;
    POLLO_API_KEY) echo "pollo_sandbox_$(openssl rand -hex 16)" ;;
    STRIPE_SECRET_KEY) echo "sk_test_sandbox$(openssl rand -hex 16)" ;;
    STRIPE_WEBHOOK_SECRET) echo "whsec_sandbox$(openssl rand -hex 16)" ;;
    *) openssl rand -hex 32 ;;
    esac
}

# Makes the secrets that are missing, and reads all of them. Never shown, never an argument.
load_secrets() {
    local file=$state/secrets name line
    touch "$file"
    chmod 600 "$file"
    for name in JWT_SECRET POLLO_API_KEY POLLO_WEBHOOK_SECRET STRIPE_SECRET_KEY \
        STRIPE_WEBHOOK_SECRET RUSHES_DATABASE_PASSWORD RUSHES_DATABASE_OWNER_PASSWORD; do
        grep -q "^$name=" "$file" || echo "$name=$(make_secret "$name")" >>"$file"
    done
    while read -r line; do
        case ${line%%=*} in
        RUSHES_DATABASE_PASSWORD) database_password=${line#*=} ;;
        RUSHES_DATABASE_OWNER_PASSWORD) owner_password=${line#*=} ;;
        *) preset "${line%%=*}" "${line#*=}" ;;
        esac
    done <"$file"
}

# Escapes what has a meaning in the query of a URL.
url_quote() {
    printf '%s' "$1" | perl -pe 's/([^A-Za-z0-9\/._~-])/sprintf "%%%02X", ord $1/ge'
}

# The environment of the application, of the worker and of the stand-ins.
choose_environment() {
    preset APP_ENV development
    preset APP_URL "https://localhost:$https_port"
    preset MAIL_URL "file:$state/mail"
    preset MAIL_FROM 'Rushes <rushes@localhost>'
    preset MEDIA_URL "file:$state/media"
    if [[ -n $stand_ins ]]; then
        choose_sandbox_port
        preset POLLO_API_BASE "http://localhost:$sandbox_port/api/platform"
        # Files go where the rest of Stripe is: to this stand-in only when it stands in for Stripe.
        [[ $stand_ins != *stripe* ]] || preset STRIPE_FILES_BASE "http://localhost:$sandbox_port"
        preset STRIPE_API_BASE "http://localhost:$sandbox_port"
        export SANDBOX_STAND_INS=$stand_ins SANDBOX_CA_FILE=$tls/ca.crt
    fi
    if [[ -n $own_database ]]; then
        local at
        at="localhost/rushes?socket=$(url_quote "$run/mariadb.sock")"
        export DATABASE_URL="mariadb://rushes:$database_password@$at"
        migrate_url="mariadb://rushes_owner:$owner_password@$at"
    else
        migrate_url=${MIGRATE_DATABASE_URL:-${DATABASE_URL:-}}
    fi
    # For `rushes migrate` alone, which gets it by name.
    unset MIGRATE_DATABASE_URL
    # Our own certificate authority beside the machine's.
    local authorities=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
    [[ -r $authorities ]] || fail "no certificate authorities in $authorities (SSL_CERT_FILE)"
    cat "$authorities" "$tls/ca.crt" >"$tls/bundle.crt"
    export SSL_CERT_FILE=$tls/bundle.crt

    # The folder that nginx sends videos from.
    media=$state/media
    if [[ ${MEDIA_URL:-} == file:* ]]; then
        media=${MEDIA_URL#file:}
        media=${media#//}
    fi
    mkdir -p "$media"

    local name RUSHES_CHOSE_THIS=yes
    {
        # `rushes` itself, once, however often the file is read.
        # shellcheck disable=SC2016 # for the shell that reads it
        printf 'case ":$PATH:" in *:%q:*) ;; *) export PATH=%q:"$PATH" ;; esac\n' "$bin" "$bin"
        for name in RUSHES_CHOSE_THIS SSL_CERT_FILE "${application_variables[@]/%/_FILE}" \
            "${application_variables[@]}"; do
            [[ -z ${!name:-} ]] || printf 'export %s=%q\n' "$name" "${!name}"
        done
    } >"$state/env"
}

# The port of the stand-ins: the one asked for, else the one of the last time (payment links in
# the database name it), else the next free one, some way from the site's: its neighbours are what
# a second state is likely to be given.
choose_sandbox_port() {
    local kept=$state/sandbox-port port
    if [[ -n ${RUSHES_SANDBOX_PORT:-} ]]; then
        sandbox_port=$RUSHES_SANDBOX_PORT
        check_port RUSHES_SANDBOX_PORT "$sandbox_port"
    else
        port=$(cat "$kept" 2>/dev/null || echo $((https_port + 44)))
        while [[ $port == "$http_port" || $port == "$https_port" ]] || ! port_is_free "$port"; do
            port=$((port < 65535 ? port + 1 : 1024))
        done
        sandbox_port=$port
    fi
    echo "$sandbox_port" >"$kept"
}
