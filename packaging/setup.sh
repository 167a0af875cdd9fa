#!/bin/sh
# Makes this checkout ready: system packages, a virtual environment, the locked dependencies. Does nothing twice.
set -eu
cd "$(dirname "$0")/.."

missing=""
for package in $(grep -v '^#' packaging/system-packages.txt); do
    case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" in
        installed) ;;
        *) missing="$missing $package" ;;
    esac
done
# A Python that is not Debian's brings its own venv and headers.
if python3 -c 'import ensurepip' 2>/dev/null; then
    missing=$(printf '%s' "$missing" | sed 's/ python3-venv//')
fi
if [ -e "$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ]; then
    missing=$(printf '%s' "$missing" | sed 's/ python3-dev//')
fi
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        echo "Installing system packages:$missing"
        apt-get update -qq
        # shellcheck disable=SC2086 -- one word a package
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    else
        echo "System packages are missing. Please run, and then try again:" >&2
        echo "  sudo apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
fi

lock=$(cat requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1)
if [ "$(cat .venv/locked 2>/dev/null || true)" != "$lock" ]; then
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "Python 3.11 or later is needed; this is $(python3 --version)." >&2
        exit 1
    }
    [ -x .venv/bin/python ] || python3 -m venv .venv
    echo "Installing the locked Python packages."
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    echo "$lock" > .venv/locked
fi
