#!/bin/sh
# Makes .venv from a lock: sh envs/setup.sh run|test|raw. Run by make; every refusal is one line.
set -eu
cd "$(dirname "$0")/.."
case "$1" in
    run) lock=envs/requirements.lock ;;
    test) lock=envs/requirements-test.lock ;;
    raw) lock=envs/requirements-raw.lock ;;
esac
log=.venv/setup.log

stop() {
    echo "evigil set-up: $1" >&2
    exit 1
}

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# Installs the lock $2 with the python $1.
install() {
    "$1" -m pip install --disable-pip-version-check --no-input --require-hashes -r "$2" >"$log" 2>&1 && return
    grep -qiE 'NewConnectionError|Max retries|name resolution|ProxyError|ReadTimeout|from versions: none' "$log" &&
        stop "the Python package index cannot be reached: check the network or pip's index settings; details in $log"
    why=$(grep -m 1 '^ERROR' "$log" || tail -n 1 "$log")
    stop "a package could not be installed: $why; details in $log"
}

# beside what is there: the checks may have installed more than a run needs
if [ "$1" = raw ]; then
    echo "evigil set-up: installing what a search of raw runs needs into .venv"
    install .venv/bin/python "$lock"
    exit 0
fi

if [ -n "${PYTHON:-}" ]; then
    supported "$PYTHON" || stop "$PYTHON does not run as Python 3.11, 3.12 or 3.13; set PYTHON to one that does"
else
    for PYTHON in python3 python3.11 python3.12 python3.13 none; do
        supported "$PYTHON" && break
    done
    [ "$PYTHON" != none ] || stop "Python 3.11, 3.12 or 3.13 is needed and none was found; install one, or set PYTHON"
fi
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ||
    stop "$PYTHON has no venv module; install it (Debian: apt-get install python3-venv)"

# a virtual environment that is incomplete, or of a Python that is gone or too old, is made anew
{ supported .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; } || { rm -rf .venv && "$PYTHON" -m venv .venv; }
echo "evigil set-up: installing the locked requirements into .venv (1 to 4 minutes)"
install .venv/bin/python "$lock"
.venv/bin/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e . >>"$log" 2>&1 ||
    stop "the package itself could not be installed; details in $log"
[ "$1" = test ] || exit 0

# the plugins of clouds cost every call of Snakemake three seconds: the checks have them in an environment beside, which
# sees this one
rm -rf .venv/cloud
.venv/bin/python -m venv .venv/cloud
site='import sysconfig; print(sysconfig.get_path("purelib"))'
echo "import site; site.addsitedir('$(.venv/bin/python -c "$site")')" >"$(.venv/cloud/bin/python -c "$site")/parent.pth"
install .venv/cloud/bin/python envs/requirements-cloud.lock
