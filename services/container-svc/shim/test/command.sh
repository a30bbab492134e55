# SPDX-License-Identifier: Apache-2.0
# Create, records, locks, signals, death of the shim.

begin options
refused() {
  local wanted=$1
  shift
  "$@" >"$T/answer" 2>"$T/error"
  is 2 $? "exit status of: ${*:2}"
  has "$T/error" "$wanted"
}
refused "--pid-file is missing" shim -- true
refused "the create command is missing" shim --pid-file "$T/pid"
refused "--phone '../x'" shim --phone ../x --pid-file "$T/pid" -- true
refused "--dir 'run': an absolute path" shim --dir run --pid-file "$T/pid" -- true
refused "No such file" shim --dir /nowhere --pid-file "$T/pid" -- true
refused "--log-max '12': a number from 4096" shim --log-max 12 --pid-file "$T/pid" -- true
refused "--lock 77: no such descriptor" shim --lock 77 --pid-file "$T/pid" -- true
refused "--keep 77: no such descriptor" shim --keep 77 --pid-file "$T/pid" -- true
refused "--keep '2': a number from 3" shim --keep 2 --pid-file "$T/pid" -- true
refused "--adopt 'x'" shim --adopt x
refused "--adopt goes without" shim --adopt 1:1 -- true
refused "--hide-mount 'cgroup': an absolute path" shim --hide-mount cgroup --pid-file "$T/pid" -- true
refused "unrecognized option" shim --frobnicate
touch "$T/plain"
refused "is not a FIFO" shim --kmsg "$T/plain" --pid-file "$T/pid" -- true

begin records
touch "$T/run/exit.json"
boot sleep 3000000
is 0 "$boot_status" "exit status"
is "$(cat "$T/run/create.json")" "$(cat "$T/answer")" "answer and create.json"
is created "$(field "$T/run/create.json" outcome)" outcome
is b1 "$(field "$T/run/create.json" bootId)" bootId
is "$(cat /proc/sys/kernel/random/boot_id)" "$(field "$T/run/shim.json" hostBootId)" hostBootId
is "$(cat "$T/pid")" "$init_pid" "pid of create.json"
is "$(started "$init_pid")" "$(field "$T/run/create.json" startTime)" "start time of pid 1"
is "$(started "$shim_pid")" "$(field "$T/run/shim.json" startTime)" "start time of the shim"
is "$shim_pid" "$(sed 's/.*) //' "/proc/$init_pid/stat" | cut -d' ' -f2)" "parent of pid 1"
if [ -e "$T/run/exit.json" ]; then fail "exit.json of the boot before is still there"; else pass; fi
is 600 "$(stat -c %a "$T/run/shim.sock")" "mode of the socket"
for signal in TERM INT HUP; do kill -$signal "$shim_pid"; done
echo "after the signals" >"$T/kmsg"
eventually "it serves on after the signals" contains "$T/log" "after the signals"
end
is 9 "$(field "$T/run/exit.json" signal)" "signal of exit.json"
if [ -e "$T/run/shim.sock" ]; then fail "shim.sock is left"; else pass; fi

ended_with() {
  begin "ended-$1-$2"
  boot "$1" "$2"
  eventually exit.json test -s "$T/run/exit.json"
  is "$3" "$(field "$T/run/exit.json" exitCode)" exitCode
  is "$4" "$(field "$T/run/exit.json" signal)" signal
  is "$5" "$(field "$T/run/exit.json" waitStatus)" waitStatus
  is "$init_pid" "$(field "$T/run/exit.json" pid)" pid
  eventually "the shim ends" is_free "$T/run/shim.lock"
}
ended_with exit 0 0 null 0
ended_with exit 7 7 null 1792
ended_with exit 255 255 null 65280
ended_with die-by 2 null 2 2
ended_with die-by 1 null 1 1
ended_with die-by 11 null 11 11

begin create-fails
shim --pid-file "$T/pid" -- sh -c 'setsid sleep 600 & echo $! >'"$T"'/left; echo "no \"such\" thing" >&2; exit 3' >"$T/answer" 2>"$T/error"
is 1 $? "exit status"
is failed "$(field "$T/answer" outcome)" outcome
is 3 "$(field "$T/answer" exitCode)" exitCode
has "$T/answer" '"stderr":"no \"such\" thing\n"'
is "$(cat "$T/run/create.json")" "$(cat "$T/answer")" "answer and create.json"
eventually "a process of the failed create ends" gone "$(cat "$T/left")"
eventually "the shim ends" is_free "$T/run/shim.lock"
eventually "the step lock is free" is_free "$T/step.lock"

# boot_keeping: a phone whose shim is given a locked file to keep. Descriptor 9, so that what lies between it and the others is closed.
boot_keeping() {
  exec 9>"$T/kept" 8>"$T/not-kept"
  flock 9
  flock 8
  shim --keep 9 --pid-file "$T/pid" -- "$helper" create "$T/pid" "$T/root" /helper sleep 3000000 >"$T/answer" 2>"$T/error"
  is 0 $? "exit status"
  exec 9>&- 8>&-
  shim_pid=$(field "$T/run/shim.json" pid)
  init_pid=$(field "$T/run/create.json" pid)
}

begin keeps-until-the-end
boot_keeping
if held "$T/kept"; then pass; else fail "what shall be kept is closed"; fi
eventually "what nobody asked to keep is closed" is_free "$T/not-kept"
end
eventually "what was kept is closed at the end" is_free "$T/kept"

begin keeps-for-itself
boot_keeping
kill -KILL "$shim_pid"
eventually "neither phone nor lock guard has it" is_free "$T/kept"
if gone "$init_pid"; then fail "the phone has ended with its shim"; else pass; fi
kill -KILL "$init_pid"

begin create-hides-mounts
mkdir "$T/one" "$T/two"
for place in one two; do mount -t tmpfs none "$T/$place" && touch "$T/$place/seen"; done
shim --hide-mount "$T/one" --pid-file "$T/pid" -- sh -c 'ls "$1/one" "$1/two"; exit 3' sh "$T" >"$T/answer" 2>"$T/error"
is "\"stderr\":\"$T/one:\\n\\n$T/two:\\nseen\\n\"" "$(grep -o '"stderr":"[^"]*"' "$T/answer")" "what the command sees"
is "seen seen" "$(cd "$T" && echo $(ls one) $(ls two))" "what is seen outside"
umount "$T/one" "$T/two"
shim --hide-mount "$T/one" --pid-file "$T/pid" -- true >"$T/answer" 2>"$T/error"
is 126 "$(field "$T/answer" exitCode)" exitCode
has "$T/answer" "cannot hide $T/one: Invalid argument"

begin create-not-found
shim --pid-file "$T/pid" -- /nowhere/crun create >"$T/answer" 2>"$T/error"
is 1 $? "exit status"
is 127 "$(field "$T/answer" exitCode)" exitCode
has "$T/answer" "cannot run /nowhere/crun: No such file"

# As posix_spawn(3) leaves two of them, and node SIGPIPE.
begin create-ignores-no-signal
"$helper" ignoring "$shim" --phone ph_test --dir "$T/run" --lock "$T/step.lock" --kmsg "$T/kmsg" --log "$T/log" --log-max 65536 --pid-file "$T/pid" -- \
  sh -c 'sed -n "s/^SigIgn:.*/&!/p" /proc/self/status; exit 3' >"$T/answer" 2>"$T/error"
has "$T/answer" "0000000000000000!"

begin create-names-nobody
shim --pid-file "$T/pid" -- sh -c "echo 1 >$T/pid" >"$T/answer" 2>"$T/error"
is 1 $? "exit status"
has "$T/answer" "names no child of the create command"

begin create-hangs
shim --create-timeout 3000 --pid-file "$T/pid" -- sh -c 'setsid sleep 600 & echo $! >'"$T"'/left; trap "" TERM; sleep 600; sleep 600' >"$T/answer" 2>"$T/error"
is 4 $? "exit status"
is timeout "$(field "$T/answer" outcome)" outcome
eventually "a process of the killed create ends" gone "$(cat "$T/left")"
eventually "the step lock is free" is_free "$T/step.lock"

begin create-cancelled
shim --pid-file "$T/pid" -- sh -c "touch $T/began; sleep 600" >"$T/answer" 2>"$T/error" &
eventually "create runs" test -e "$T/began"
kill -TERM "$(field "$T/run/shim.json" pid)"
wait $!
is 4 $? "exit status"
is cancelled "$(field "$T/answer" outcome)" outcome

begin locks
# The caller's own lock, inherited as descriptor 9, given away to nobody but the guard.
exec 9>"$T/step.lock"
flock 9
"$shim" --phone ph_test --dir "$T/run" --lock 9 --kmsg "$T/kmsg" --log "$T/log" --log-max 65536 --pid-file "$T/pid" \
  -- sh -c "ls -l /proc/self/fd; until [ -e $T/go ]; do sleep 0.02; done; exec $helper create $T/pid $T/root /helper sleep 3000000" >"$T/answer" 2>"$T/error" 9>&9 &
command=$!
exec 9>&-
eventually "create runs" test -s "$T/run/shim.json"
if held "$T/step.lock"; then pass; else fail "the step lock is free during create"; fi
touch "$T/go"
wait $command
is 0 $? "exit status"
if is_free "$T/step.lock"; then pass; else fail "the step lock is held after create"; fi
if held "$T/run/shim.lock"; then pass; else fail "shim.lock is free"; fi
lacks "$T/answer" step.lock
lacks "$T/answer" shim.lock
shim --pid-file "$T/pid" -- true >/dev/null 2>"$T/error"
is 3 $? "a second shim's exit status"
has "$T/error" "another shim serves this directory"
shim_pid=$(field "$T/run/shim.json" pid) init_pid=$(field "$T/run/create.json" pid)
end
flock "$T/step.lock" "$shim" --phone ph_test --dir "$T/run" --lock "$T/step.lock" --kmsg "$T/kmsg" --log "$T/log" --log-max 65536 --pid-file "$T/pid" -- true 2>"$T/error"
is 3 $? "exit status with the step lock held elsewhere"

begin killed-during-create
shim --pid-file "$T/pid" -- sh -c "touch $T/began; until [ -e $T/go ]; do sleep 0.02; done" >"$T/answer" 2>"$T/error" &
command=$!
eventually "create runs" test -e "$T/began"
kill -KILL "$(field "$T/run/shim.json" pid)"
wait $command
is 5 $? "exit status"
if held "$T/step.lock"; then pass; else fail "the step lock is free though create runs on"; fi
if held "$T/run/shim.lock"; then fail "shim.lock is held by the guard"; else pass; fi
touch "$T/go"
eventually "the step lock is free" is_free "$T/step.lock"

begin command-killed
shim --pid-file "$T/pid" -- sh -c "touch $T/began; until [ -e $T/go ]; do sleep 0.02; done; exec $helper create $T/pid $T/root /helper exit 5" >"$T/answer" 2>"$T/error" &
command=$!
eventually "create runs" test -e "$T/began"
{ kill -KILL $(pgrep -P $command) $command; wait $command; } 2>/dev/null
touch "$T/go"
eventually exit.json test -s "$T/run/exit.json"
is 5 "$(field "$T/run/exit.json" exitCode)" exitCode

begin adopted
boot sleep 3000000
kill -KILL "$shim_pid"
eventually "the shim is killed" is_free "$T/run/shim.lock"
if gone "$init_pid"; then fail "the phone died with its shim"; else pass; fi
before=$(cat "$T/run/create.json")
shim --adopt "$init_pid:1" >"$T/answer" 2>"$T/error"
is 1 $? "exit status with a wrong start time"
is "$before" "$(cat "$T/run/create.json")" "create.json after it"
shim --adopt "$init_pid:$(started "$init_pid")" --boot-id b1 >"$T/answer" 2>"$T/error"
is 0 $? "exit status"
is adopted "$(field "$T/answer" outcome)" outcome
shim_pid=$(field "$T/run/shim.json" pid)
echo "to the second shim" >"$T/kmsg"
end
has "$T/log" "k to the second shim"
is true "$(field "$T/run/exit.json" adopted)" adopted
is null "$(field "$T/run/exit.json" waitStatus)" waitStatus

# The directory of the records is full: a phone that nobody could find again is not started.
begin record-cannot-be-written
mount -t tmpfs -o nr_inodes=12,size=64k small "$T/run"
shim --pid-file "$T/pid" -- sh -c "i=0; while touch $T/run/fill\$i; do i=\$((i+1)); done 2>/dev/null; exec $helper create $T/pid $T/root /helper sleep 3000000" >"$T/answer" 2>"$T/error"
is 1 $? "exit status"
has "$T/answer" "phone-shim: create.json: No space left on device"
is null "$(field "$T/answer" pid)" pid
eventually "its pid 1 ends" gone "$(cat "$T/pid")"
eventually "the shim ends" is_free "$T/run/shim.lock"
umount "$T/run"
