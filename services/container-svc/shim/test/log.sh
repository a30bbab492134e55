# SPDX-License-Identifier: Apache-2.0
# kmsg and console into the log.

begin log
boot sleep 3000000
printf '<6>init: hello\n\033[31mred\177\r\ntab\there\n' >"$T/kmsg"
eventually "the lines" contains "$T/log" "tab"
is "# phone ph_test boot b1" "$(head -1 "$T/log" | cut -d' ' -f1-5)" "head line"
if grep -qE '^[0-9]+\.[0-9]{6} k <6>init: hello$' "$T/log"; then pass; else fail "no stamped line: $(cat "$T/log")"; fi
has "$T/log" 'k \x1b[31mred\x7f'
lacks "$T/log" '\x0d'
has "$T/log" "k tab	here"
head -c 4000 /dev/zero | tr '\0' a >"$T/kmsg"
printf '\n' >"$T/kmsg"
head -c 4001 /dev/zero | tr '\0' b >"$T/kmsg"
printf '\nunfinished' >"$T/kmsg"
end
is 1 "$(lines_of ' k a*$' "$T/log")" "lines of 4000 bytes"
is 2 "$(lines_of ' k bb*$' "$T/log")" "lines of 4001 bytes"
is "k unfinished" "$(tail -1 "$T/log" | cut -d' ' -f2-)" "unfinished last line"

begin console
shim --pid-file "$T/pid" -- sh -c "echo from create; echo and stderr >&2; exec $helper create $T/pid $T/root /helper bogus" >"$T/answer"
is 0 $? "exit status"
has "$T/answer" '"stderr":"from create\nand stderr\n'
eventually exit.json test -s "$T/run/exit.json"
has "$T/log" "c and stderr"
has "$T/log" "c helper: unknown call bogus"

# A writer opens and writes at any moment without waiting: before anyone reads, and while the shim does not run at all.
begin never-waits
boot sleep 3000000
kill -STOP "$shim_pid"
timeout $patience "$helper" flood "$T/kmsg" 100000 1500 >"$T/flood"
is 0 $? "100 kB into the pipe of a stopped shim"
kill -CONT "$shim_pid"
end
is 1500 "$(cat "$T/log" "$T/log.1" 2>/dev/null | grep -c 'flood: line')" "lines in the log"

begin flood
"$shim" --phone ph_test --dir "$T/run" --lock "$T/step.lock" --kmsg "$T/kmsg" --log "$T/log" --log-max 1000000 \
  --pid-file "$T/pid" -- "$helper" create "$T/pid" "$T/root" /helper sleep 3000000 >/dev/null
shim_pid=$(field "$T/run/shim.json" pid) init_pid=$(field "$T/run/create.json" pid)
lines=45000
timeout $((2 * patience)) "$helper" flood "$T/kmsg" 1000000 $lines >"$T/flood"
is 0 $? "the flood ends"
eventually "the last line" contains "$T/log" "$(printf 'line %09d' $((lines - 1)))"
at_most 1000000 "$(stat -c %s "$T/log")" "size of the log"
at_most 1000000 "$(stat -c %s "$T/log.1")" "size of the older log"
first=$(grep -m1 -oE 'line [0-9]+' "$T/log.1" | cut -d' ' -f2)
is $((lines - 10#$first)) "$(cat "$T/log.1" "$T/log" | grep -c 'flood: line')" "lines without a gap over the rotation"
flood_wait=$(cat "$T/flood")
shim_ticks=$(sed 's/.*) //' "/proc/$shim_pid/stat" | cut -d' ' -f12-13)
end

# As fast as it can: it is held back, in small steps, so that what the shim spends on it is bounded.
begin flood-without-measure
boot sleep 3000000
before=$(ticks)
start_ms=$(now_ms)
timeout $((2 * patience)) "$helper" flood "$T/kmsg" 100000000 100000 >"$T/flood"
is 0 $? "the flood ends"
took_ms=$(($(now_ms) - start_ms))
spent=$(($(ticks) - before))
# 64 bytes or more a line; the pipes' own 256 KiB come on top of 2.6 MB/s.
at_most $((2700 * took_ms + 300000)) $((64 * 100000)) "bytes in $took_ms ms"
end

begin disk-full
mkdir "$T/small"
mount -t tmpfs -o size=64k small "$T/small"
"$shim" --phone ph_test --dir "$T/run" --lock "$T/step.lock" --kmsg "$T/kmsg" --log "$T/small/log" --log-max 1000000 \
  --pid-file "$T/pid" -- "$helper" create "$T/pid" "$T/root" /helper sleep 3000000 >/dev/null
shim_pid=$(field "$T/run/shim.json" pid) init_pid=$(field "$T/run/create.json" pid)
timeout $patience "$helper" flood "$T/kmsg" 500000 7500 >/dev/null
is 0 $? "flood onto a full disk"
mount -o remount,size=8m "$T/small"
echo "room again" >"$T/kmsg"
eventually "the line after it" contains "$T/small/log" "room again"
has "$T/small/log" "# dropped "
end
at_least 100000 "$(field "$T/run/exit.json" logDropped)" logDropped
umount "$T/small"
