#!/bin/sh
# Runs the tests on another release of Debian, in a folder that debootstrap fills; as root.
#   sh spec/chroot.sh trixie              all that spec/run.sh does
#   sh spec/chroot.sh trixie FOLDER...    these folders of spec/ only, such as transport settle
# Mirror and proxies are those of this machine's apt. What was fetched stays in build/chroot, so that a second run is
# quick. Its processes and mounts live in namespaces of their own: they end with this script, however it ends.
# Ends with the status of spec/run.sh, or with 77 and a word why where such a folder cannot be had.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$(pwd)
. spec/support/setup.sh

release=${1:?usage: sh spec/chroot.sh RELEASE [FOLDER]...}
shift
tree=$root/build/chroot/$release
archives=$root/build/chroot/archives
home=root/lua-datarobot

cannot() {
  say "Debian $release was not tried: $*"
  exit 77
}

# The first mirror of Debian itself in this machine's sources.
mirror() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
    sed -n 's/^Debian|Debian|//p' | head -n 1
}

# debootstrap fetches with wget, which reads the environment.
proxies() {
  eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
  for name in http_proxy https_proxy; do
    eval "[ -z \"\${$name:-}\" ] || [ \"\$$name\" = DIRECT ] || export $name"
  done
}

# What reaches the archive here is to reach it there.
configure_apt() {
  echo "deb $uri $release main" >"$tree/etc/apt/sources.list" &&
    apt-config dump | grep -i '^Acquire::\(http\|https\|Retries\|Check-[A-Za-z-]*\)\(::[^ ]*\)\? ' \
      >"$tree/etc/apt/apt.conf.d/90-machine"
  printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d" && chmod +x "$tree/usr/sbin/policy-rc.d" &&
    cp /etc/resolv.conf /etc/hosts "$tree/etc/"
}

make_tree() {
  [ ! -e "$tree.whole" ] || return 0
  rm -rf "$tree" && mkdir -p "$tree" "$archives" &&
    debootstrap --variant=minbase --include=ca-certificates --cache-dir="$archives" "$release" "$tree" "$uri" \
      >"$tree.log" 2>&1 && configure_apt && : >"$tree.whole" || {
    tail -n 15 "$tree.log" >&2
    cannot "debootstrap failed; all of its output is in $tree.log"
  }
}

# The sources as they are now, beside what an earlier run built.
copy_source() {
  mkdir -p "$tree/$home" &&
    find "$tree/$home" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} + &&
    tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$tree/$home"
}

# The first process of the namespaces. One run at a time uses the folder.
inside() {
  exec 9>"$tree.lock" && flock 9 || exit 2
  make_tree
  copy_source && mount -t proc proc "$tree/proc" && mount -t tmpfs tmpfs "$tree/dev/shm" || exit 2
  chroot "$tree" env -i HOME=/root PATH="$PATH:/usr/sbin:/sbin" TERM="${TERM:-dumb}" \
    ${FUZZ_SECONDS:+FUZZ_SECONDS="$FUZZ_SECONDS"} ${CI:+CI="$CI"} sh "/$home/spec/run.sh" "$@"
}

[ "$(id -u)" = 0 ] || cannot "only root can."
need debootstrap
uri=$(mirror)
[ -n "$uri" ] || cannot "no mirror of Debian is in this machine's apt sources."
if [ -n "${DATAROBOT_CHROOT:-}" ]; then
  proxies
  inside "$@"
  exit
fi
mkdir -p build/chroot || exit 2
[ -e "$tree.whole" ] || timeout 60 /usr/lib/apt/apt-helper download-file "${uri}dists/$release/InRelease" \
  build/chroot/InRelease >/dev/null 2>&1 || cannot "its archive is not reached."
unshare --mount --pid --fork true 2>/dev/null || cannot "namespaces of its own are not allowed here."
DATAROBOT_CHROOT=1 setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child \
  sh spec/chroot.sh "$release" "$@" </dev/null &
child=$!
trap 'kill -KILL $child; exit 130' INT TERM HUP
wait "$child"
