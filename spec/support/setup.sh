# Debian packages: which are missing, and their installation. Sourced by examples/quickstart.sh and
# spec/run.sh. "a|b": either will do, the first is installed.
# shellcheck shell=sh disable=SC2034

# To build, and to run the embedded sandbox.
BUILD_PACKAGES="gcc libc6-dev make cmake pkg-config|pkgconf lua5.4 liblua5.4-dev
  libcurl4-openssl-dev|libcurl4-gnutls-dev libmicrohttpd-dev lua-cjson lua-yaml lua-rex-pcre2"

# To run every test.
TEST_PACKAGES="lua-busted lua-check luarocks lua-socket lua-sec lua-cqueues lua-luv clang libclang-rt-14-dev
  nginx-light|nginx libnginx-mod-http-echo openssl curl ca-certificates python3 python3-croniter python3-requests valgrind
  lighttpd lighttpd-modules-lua gringo prosody locales squid tinyproxy-bin stunnel4"

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

# On Debian a fresh server serves its port; the tests only want the program.
stop_new_services() {
  [ -d /run/systemd/system ] || return 0
  for service in nginx lighttpd prosody squid; do
    case " $missing " in
    *" $service "* | *" $service-light "*) $as_root systemctl disable --now "$service" ;;
    esac
  done
  return 0
}

# need PACKAGE...: returns when all are there, installs what is not, or ends with status 2.
need() {
  missing=
  for package in "$@"; do
    is_installed "$package" || missing="$missing${missing:+ }${package%%|*}"
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
  setup_log=$(mktemp)
  # shellcheck disable=SC2086
  {
    $as_root apt-get -q update &&
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 install $missing &&
      stop_new_services
  } </dev/null >"$setup_log" 2>&1 || {
    tail -n 15 "$setup_log" >&2
    rm -f "$setup_log"
    stop_without "apt-get could not install them."
  }
  rm -f "$setup_log"
}
