#!/usr/bin/env bash
# Copies folders to another disk, and keeps the last copies. Größe in MiB.
set -euo pipefail

readonly KEEP=7
target=${BACKUP_TARGET:-/var/backups}
verbose=0

usage() {
  cat <<EOF
usage: ${0##*/} [-v] FOLDER...

Copies each FOLDER to $target, and keeps the last $KEEP copies.
EOF
}

# Says something, if anyone wants to hear it.
function log {
  if ((verbose)); then
    printf '%s  %s\n' "$(date +%T)" "$*" >&2
  fi
}

die() {
  printf '✗ %s\n' "$*" >&2
  exit 1
}

function free_space() {
  df --output=avail -m "$target" | tail -n 1 | tr -d ' '
}

# Makes a copy of one folder.
copy() {
  local folder=$1 name size
  name=$(basename "$folder")-$(date +%Y%m%d-%H%M%S).tar.gz
  size=$(du -sm "$folder" | cut -f 1)
  if ((size > $(free_space))); then
    die "$folder needs $size MiB, and there are only $(free_space)"
  fi
  log "copying $folder ($size MiB)"
  tar -czf "$target/.$name" -C "$(dirname "$folder")" "$(basename "$folder")"
  mv "$target/.$name" "$target/$name"
}

prune() {
  local folder=$1 old
  # shellcheck disable=SC2012
  ls -1t "$target/$(basename "$folder")"-*.tar.gz 2>/dev/null | tail -n "+$((KEEP + 1))" |
    while read -r old; do
      log "removing $old"
      rm -- "$old"
    done
}

main() {
  while getopts 'vh' option; do
    case $option in
      v) verbose=1 ;;
      h)
        usage
        exit 0
        ;;
      *)
        usage >&2
        exit 2
        ;;
    esac
  done
  shift $((OPTIND - 1))
  (($# > 0)) || die "no folder given"
  for folder in "$@"; do
    [[ -d $folder ]] || die "$folder is no folder"
    copy "$folder"
    prune "$folder"
  done
}

main "$@"
