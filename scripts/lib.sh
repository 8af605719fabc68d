# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What the scripts share: where things are, and how they tell what they do. To be sourced.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ambient-vcp
jobs=$(nproc)

# say TEXT: one line, with the minutes and seconds since the script started.
say() {
  printf '[%2d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"
}

# die TEXT: says what is wrong and ends the script.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# sources PATTERN...: the files of the project that match, one a line.
sources() {
  local file
  git -C "$root" -c safe.directory="$root" ls-files --cached --others --exclude-standard -- "$@" |
    while read -r file; do [ ! -f "$root/$file" ] || printf '%s\n' "$file"; done
}

# build PRESET [TARGET...]: builds the targets of a preset, all if none is named.
build() {
  local preset=$1
  shift
  configure "$preset" && ninja -C "$root/build/$preset" -j "$jobs" "$@"
}

# configure PRESET: once; afterwards Ninja does it where a CMake file has changed.
configure() {
  # Debian's Python is the one that Debian's pytest belongs to.
  [ -e "$root/build/$1/build.ninja" ] ||
    (cd "$root" && cmake --preset "$1" -DPython3_EXECUTABLE=/usr/bin/python3)
}

# programs PRESET PATTERN: the programs of a configured preset whose names match, as targets of build.
programs() {
  ninja -C "$root/build/$1" -t targets all | sed -nE "s,^(bin/($2)): .*,\1,p"
}
