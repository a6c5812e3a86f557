# A server for a script: builds the programs, starts coracled on free ports of loopback, and stops
# it when the script ends, however it ends. Sourced by scripts/demo and scripts/many-clients.
#
# Set by `build`:        coracle, coracled   the programs
# Set by `start_server`: ftp, guided         the addresses, as host:port
#                        server              the process
# Set at once:           root, scratch       the repository; a directory that is removed at the end

export PATH="$PATH:$HOME/.cargo/bin"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
script=${0##*/}
scratch=$(mktemp -d)

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "$script" "$*" >&2; exit 1; }

# PROFILE=release takes the optimised programs; to build them takes minutes the first time.
# CORACLE_PROGRAMS=DIR takes those that are in DIR already, and builds nothing.
build() {
    if [[ -n ${CORACLE_PROGRAMS-} ]]; then
        coracled=$CORACLE_PROGRAMS/coracled
        coracle=$CORACLE_PROGRAMS/coracle
        return
    fi
    local profile=${PROFILE:-debug} flags=()
    [[ $profile == release ]] && flags=(--release)
    (cd "$root" && cargo build --quiet --bins "${flags[@]}") || fail "the programs can't be built"
    local target=${CARGO_TARGET_DIR:-$root/target}
    coracled=$target/$profile/coracled
    coracle=$target/$profile/coracle
}

# start_server DATA [FLAG…]
start_server() {
    local data=$1 word what address
    shift
    mkfifo "$scratch/said"
    "$coracled" --data "$data" --listen 127.0.0.1:0 --guided 127.0.0.1:0 "$@" \
        >"$scratch/said" 2>"$scratch/log" </dev/null &
    server=$!
    # Held open, so that the server never writes to a pipe that nobody reads.
    exec {said}<"$scratch/said"
    ftp='' guided=''
    while [[ -z $ftp || -z $guided ]]; do
        read -r -t 20 -u "$said" word what address || {
            cat "$scratch/log" >&2
            fail "coracled does not start"
        }
        [[ $word == listening ]] && printf -v "$what" %s "$address"
    done
}

leave() {
    local code=$?
    trap - EXIT
    if [[ -n ${server-} ]]; then
        kill -TERM "$server" 2>/dev/null
        wait "$server" 2>/dev/null || { say "coracled did not end well; its last words:"; tail "$scratch/log"; code=1; } >&2
    fi
    rm -rf "${scratch:?}"
    exit "$code"
}
trap leave EXIT
