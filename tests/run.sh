#!/usr/bin/env bash
# The whole suite. Installs what is missing; needs only the Rust toolchain, git, and root or sudo
# for Debian's packages.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

need_package() { # need_package COMMAND PACKAGE
    command -v "$1" >/dev/null && return
    if [ -z "${apt_is_fresh:-}" ]; then
        as_root apt-get update -qq
        apt_is_fresh=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$2" >/dev/null
}

install_server() { # install_server PACKAGE; the tests start servers of their own
    # Debian's own instance is not wanted: this is how it is told not to start it.
    local policy=/usr/sbin/policy-rc.d ours=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod +x "$policy"
        ours=yes
    fi
    need_package "$1" "$1"
    if [ -n "$ours" ]; then as_root rm -f "$policy"; fi
}

install_valkey() { # Debian 12 has it among its backports
    as_root apt-get update -qq
    apt_is_fresh=yes
    if apt-get install --simulate -qq valkey-server >/dev/null 2>&1; then
        install_server valkey-server
        return
    fi
    # They lie where the release itself comes from. Nothing else is to come from there later on.
    local release mirror
    local list=/etc/apt/sources.list.d/backports-for-valkey.list
    local keys=/usr/share/keyrings/debian-archive-keyring.gpg
    release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' |
        sed -n "s/^$release //p" | sort -u | head -n 1)
    printf 'deb [signed-by=%s] %s %s-backports main\n' "$keys" "$mirror" "$release" |
        as_root tee "$list" >/dev/null
    as_root apt-get update -qq
    install_server valkey-server
    as_root rm -f "$list"
}

need_cargo() { # need_cargo COMMAND CRATE
    command -v "$1" >/dev/null || cargo install --locked --quiet "$2"
}

say 'tools'
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
need_package cc gcc
need_package c++ g++
need_package curl curl
need_package setpriv util-linux
need_package chromium chromium
command -v redis-server >/dev/null || install_server redis-server
command -v valkey-server >/dev/null || install_valkey
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || install_server postgresql
need_cargo cargo-hack cargo-hack
need_cargo cargo-deny cargo-deny

say 'format'
cargo fmt --all --check

say 'lints'
cargo clippy --workspace --all-features --all-targets -- -D warnings
cargo clippy --no-default-features --lib -- -D warnings
cargo clippy --no-default-features --features rust-crypto --lib -- -D warnings
cargo clippy --no-default-features --features derive,public-id,webhook --lib -- -D warnings

say 'the other side of the interoperability tests'
tests/interop/setup.sh

say 'examples, which the tests start'
cargo build --all-features --examples

say 'unit and integration tests'
sync # what was built is on the disk before servers have to wait for it
cargo test --workspace --all-features --lib --bins --tests --examples

say 'documentation examples'
cargo test --all-features --doc

say 'each store by itself'
for store in sqlite postgres redis; do
    cargo clippy --no-default-features --features "$store" --lib -- -D warnings
done

say 'the pure Rust cryptography backend'
cargo test --no-default-features --features rust-crypto,derive,json,test-util --lib --tests

say 'documentation'
RUSTDOCFLAGS='-D warnings' cargo doc --workspace --all-features --no-deps

say 'each feature alone'
cargo hack check --each-feature --no-dev-deps --exclude-features jwt
# Tokens without a cryptography backend must not build, and must say why.
if refusal=$(cargo check --no-default-features --features jwt 2>&1); then
    echo 'the feature `jwt` built without a cryptography backend' >&2
    exit 1
fi
grep -q 'the feature `jwt` needs a cryptography backend' <<<"$refusal"

say 'minimum supported Rust version'
msrv=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if rustup toolchain list 2>/dev/null | grep -q "^$msrv"; then
    toolchain=$(rustup toolchain list | grep -m 1 -o "^$msrv[^ ]*")
    cargo "+$toolchain" check --all-features
else
    echo "the toolchain $msrv is not at hand: checked with $(rustc --version) only"
fi

say 'benchmarks build and keep their exact promises'
cargo bench --all-features --bench walk -- --check
cargo bench --all-features --bench api -- --check
cargo bench --all-features --bench jwt -- --check
cargo bench --all-features --bench api_key -- --check
cargo bench --all-features --bench json -- --check

say 'fuzz targets build'
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/fuzz" cargo check --manifest-path fuzz/Cargo.toml --quiet

say 'dependencies'
cargo deny --all-features check bans licenses sources
if cargo deny --all-features fetch db >/dev/null 2>&1; then
    cargo deny --all-features check advisories
else
    echo 'the advisory database cannot be reached from here: not checked'
fi

say 'all is well'
