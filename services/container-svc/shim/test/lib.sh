# SPDX-License-Identifier: Apache-2.0
# Sourced by test.sh. Every case gets a directory of its own ($T) and its own phone.

passed=0 failed=0

pass() { passed=$((passed + 1)); }
fail() {
  failed=$((failed + 1))
  echo "FAILED: $case_name: $*"
}

# is WANTED GOT WHAT
is() { if [ "$1" = "$2" ]; then pass; else fail "$3: wanted '$1', got '$2'"; fi; }

# has FILE TEXT
has() { if grep -qF -- "$2" "$1" 2>/dev/null; then pass; else fail "$1 lacks '$2': $(head -c 600 "$1" 2>&1)"; fi; }
lacks() { if grep -qF -- "$2" "$1" 2>/dev/null; then fail "$1 has '$2'"; else pass; fi; }

# at_most LIMIT GOT WHAT
at_most() { if [ "$2" -le "$1" ] 2>/dev/null; then pass; else fail "$3: at most $1 wanted, got '$2'"; fi; }
at_least() { if [ "$2" -ge "$1" ] 2>/dev/null; then pass; else fail "$3: at least $1 wanted, got '$2'"; fi; }

# Seconds after which what should happen is taken for broken. Long, so that a machine busy with other things is not.
patience=60

# eventually WHAT COMMAND…: waits for the command to succeed.
eventually() {
  local what=$1 end=$((SECONDS + patience))
  shift
  while [ "$SECONDS" -lt "$end" ]; do
    if "$@" 2>/dev/null; then pass; return 0; fi
    sleep 0.02
  done
  fail "waited $patience s in vain: $what"
  return 1
}

# Of processes that the shim reaps; the shim itself may stay a zombie for a while, so its lock is asked instead.
gone() { ! kill -0 "$1" 2>/dev/null; }
held() { ! flock -n "$1" true; }
is_free() { flock -n "$1" true; }

# field FILE NAME: a number, word or null of a record
field() { sed -n "s/.*\"$2\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$1"; }

# start time of a process
started() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; }

# Begins a case: a fresh $T with a root for the phone.
begin() {
  case_name=$1
  [ -z "${VERBOSE:-}" ] || echo "$SECONDS s: $1"
  T=$base/$1
  mkdir -p "$T/run" "$T/root/dev/__properties__"
  cp "$helper" "$T/root/helper"
}

# shim [OPTION…] -- COMMAND: runs phone-shim with this case's files.
shim() { "$shim" --phone ph_test --dir "$T/run" --lock "$T/step.lock" --kmsg "$T/kmsg" --log "$T/log" --log-max 65536 "$@"; }

# boot PROGRAM [ARGUMENT…]: creates a phone whose pid 1 is the helper with these arguments.
boot() {
  shim --pid-file "$T/pid" --boot-id b1 -- "$helper" create "$T/pid" "$T/root" /helper "$@" >"$T/answer" 2>"$T/error"
  boot_status=$?
  shim_pid=$(field "$T/run/shim.json" pid)
  init_pid=$(field "$T/run/create.json" pid)
}

# Ends the phone of this case and waits until its shim is gone.
end() {
  kill -KILL "$init_pid" 2>/dev/null
  eventually "the shim ends" is_free "$T/run/shim.lock"
}

# CPU ticks that the shim has used
ticks() { sed 's/.*) //' "/proc/$shim_pid/stat" | cut -d' ' -f12-13 | { read -r user system; echo $((user + system)); }; }

# Milliseconds since some time.
now_ms() { date +%s%3N; }

lines_of() { grep -c -- "$1" "$2" 2>/dev/null || true; }
last_is() { [ "$(tail -1 "$1" 2>/dev/null)" = "$2" ]; }
contains() { grep -qF -- "$2" "$1"; }
