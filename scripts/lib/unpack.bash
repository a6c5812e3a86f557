# Sourced by what unpacks other people's programs below target/, where nothing of them is installed,
# configured or started. It needs no root.

say() { printf 'setup: %s\n' "$*" >&2; }

has_all() {
    local file
    for file in "$@"; do
        [[ -e $file ]] || return
    done
}

# needed PACKAGE…: each of them, and all that would be installed for it on this machine. Where they
# exclude one another each is asked for by itself. The C library stays the machine's: it has to fit
# the loader.
needed() {
    local package said
    said=$(printf 'Inst %s \n' "$@" && would_install "$@" 2>/dev/null) ||
        said=$(for package in "$@"; do printf 'Inst %s \n' "$package" && would_install "$package" || exit; done) ||
        return
    sed -n 's/^Inst \([^ ]*\) .*/\1/p' <<<"$said" | grep -vxE 'libc6|libc-bin|libc-l10n|locales' | sort -u
}

would_install() {
    apt-get -qq -s install --no-install-recommends "$@"
}

# unpack DIR PACKAGE…: into DIR/root, with all that they need, and what $alone names without that;
# DIR/libraries says where their libraries are, as LD_LIBRARY_PATH has it.
unpack() {
    local here=$1 names work deb
    shift
    say "unpacking $* ${alone:-} into ${here#"$PWD/"}"
    names=$(needed "$@") || return
    names+=" ${alone:-}"
    rm -rf "${here:?}/root"
    work=$(mktemp -d "$here/packages.XXXXXX")
    # shellcheck disable=SC2086  # a name a word
    (cd "$work" && apt-get -qq -o Acquire::Retries=3 -o APT::Sandbox::User= download $names) >/dev/null || return
    for deb in "$work"/*.deb; do
        dpkg -x "$deb" "$here/root" || return
    done
    rm -rf "$work"
    # Where there is one of them, wherever this machine's architecture has it.
    find "$here/root/lib" "$here/root/usr/lib" -name '*.so.*' -printf '%h\n' 2>/dev/null |
        sort -u | paste -sd: >"$here/libraries"
}
