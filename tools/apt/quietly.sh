# shellcheck shell=sh
# Sourced: defines `quietly WHAT COMMAND…`, which runs a long step with its output in a file. Each 15 seconds a line tells
# how long it has been at it and what it said last; when it fails, the end of its words. Needs `say`.
quietly() {
  what=$1 log=$(mktemp "${TMPDIR:-/tmp}/ancloud-setup.XXXXXX")
  shift
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
  seconds=0
  while sleep 1 && kill -0 "$pid" 2>/dev/null; do
    seconds=$((seconds + 1))
    # apt paints its percentages with carriage returns: what stands behind the last one counts.
    [ $((seconds % 15)) -ne 0 ] ||
      say "$what: $seconds s so far: $(tail -n 1 "$log" | tr '\r' '\n' | tail -n 1 | cut -c1-70)"
  done
  status=0
  wait "$pid" || status=$?
  trap - INT TERM
  if [ "$status" -ne 0 ]; then
    tail -n 15 "$log" >&2
    say "$what failed (exit code $status); all it said is in $log"
  else rm -f "$log"; fi
  return "$status"
}
