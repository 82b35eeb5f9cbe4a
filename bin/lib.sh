# What all scripts have in common. Sourced, not run; bin/lib/ has what only some of them need.
# shellcheck shell=bash

# Daemons lie there on Debian, outside an ordinary user's PATH.
PATH=$PATH:/usr/sbin:/sbin

# The application's own settings, as `rushes config list --form names` has them, without the schema's
# owner; each may be NAME_FILE instead, a file that holds the value. Tests/RushesTests compares them.
# shellcheck disable=SC2034 # for those who source this
application_variables=(
    APP_ENV APP_URL CREDIT_EXPIRY_DAYS DATABASE_NODE_URLS DATABASE_URL GENERATE_LIMIT JOB_DEADLINES
    JWT_SECRET JWT_SECRET_PREVIOUS MAIL_FROM MAIL_URL MEDIA_URL OPERATOR_DIGEST OPERATOR_MAIL
    OPERATOR_QUIET_HOURS OPERATOR_WEBHOOK_URL POLLO_API_BASE POLLO_API_FAMILY POLLO_API_KEY POLLO_MAX_PARALLEL POLLO_POLL_INTERVAL POLLO_WEBHOOK_SECRET
    PURCHASE_LIMIT REQUIRE_VERIFIED SELLER_ADDRESS SELLER_NAME SELLER_TAX_ID SIGNUP_CREDIT STRIPE_API_BASE
    STRIPE_FILES_BASE STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET SUPPORT_REFUND_LIMIT TAX_LINE UNDO_WINDOW
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

# Builds the programs $@ as they ship, unless RUSHES_BIN_DIR names others.
build_programs() {
    [[ -z ${RUSHES_BIN_DIR:-} ]] || return 0
    if ! command -v swift >/dev/null; then
        say "bin/${0##*/}: swift is not in PATH: install Swift 6.3 or set RUSHES_BIN_DIR"
        return 1
    fi
    local product
    for product; do
        swift build -c release --static-swift-stdlib --product "$product" >&2 9>&- || return
    done
}
