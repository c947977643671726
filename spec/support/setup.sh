# Debian packages: which are missing, and their installation. Sourced by examples/quickstart.sh and
# spec/run.sh. "a|b": either will do, the first that apt knows is installed.
# shellcheck shell=sh disable=SC2034

# To build, and to run the embedded sandbox.
BUILD_PACKAGES="gcc libc6-dev make cmake pkg-config|pkgconf lua5.4 liblua5.4-dev
  libcurl4-openssl-dev|libcurl4-gnutls-dev libmicrohttpd-dev lua-argparse lua-cjson lua-yaml lua-rex-pcre2"

# To run every test.
TEST_PACKAGES="lua-busted lua-check luarocks lua-socket lua-sec lua-cqueues lua-luv clang libclang-rt-dev
  nginx-light|nginx libnginx-mod-http-echo openssl curl ca-certificates python3 python3-croniter python3-requests valgrind
  lighttpd lighttpd-modules-lua gringo prosody locales squid tinyproxy-bin stunnel4 gcovr clang-format"

say() {
  printf '%s\n' "$*" >&2
}

is_installed() {
  for candidate in $(printf %s "$1" | tr '|' ' '); do
    # One line for each architecture.
    dpkg-query -W -f '${db:Status-Status}\n' "$candidate" 2>/dev/null | grep -qx installed && return 0
  done
  return 1
}

stop_without() {
  say "$1 These Debian packages are needed:"
  say "  $missing"
  say "Install them (or what they are called on your system), then run this again."
  exit 2
}

# On Debian a fresh server serves its port, now and after each start of the machine; the tests only want the program.
SERVICES="nginx lighttpd prosody squid stunnel4"

absent_services() {
  for service in $SERVICES; do
    [ -e "/etc/init.d/$service" ] || echo "$service"
  done
}

stop_services() {
  for service in "$@"; do
    [ -e "/etc/init.d/$service" ] || continue
    if [ -d /run/systemd/system ]; then
      $as_root systemctl disable --now "$service"
    else
      $as_root invoke-rc.d "$service" stop
      $as_root update-rc.d "$service" disable
    fi
  done
  return 0
}

# The first of each "a|b" that apt knows, else the first.
choose() {
  for package in "$@"; do
    choice=${package%%|*}
    for candidate in $(printf %s "$package" | tr '|' ' '); do
      apt-cache show --no-all-versions "$candidate" >/dev/null 2>&1 && choice=$candidate && break
    done
    echo "$choice"
  done
}

# need PACKAGE...: returns when all are there, installs what is not, or ends with status 2.
need() {
  missing=
  for package in "$@"; do
    is_installed "$package" || missing="$missing${missing:+ }$package"
  done
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
    stop_without "This is not a Debian system."
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo >/dev/null; then
    as_root=sudo
  else
    stop_without "Neither root nor sudo, so nothing can be installed."
  fi
  say "Installing $missing"
  absent=$(absent_services)
  setup_log=$(mktemp)
  # shellcheck disable=SC2046,SC2086
  {
    $as_root apt-get -q update &&
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 install $(choose $missing) &&
      stop_services $absent
  } </dev/null >"$setup_log" 2>&1 || {
    tail -n 15 "$setup_log" >&2
    rm -f "$setup_log"
    stop_without "apt-get could not install them."
  }
  rm -f "$setup_log"
}
