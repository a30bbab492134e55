# SPDX-License-Identifier: Apache-2.0
# The property serial, for friendly and for hostile phones.

serial_file=dev/__properties__/properties_serial

# follow: listens in the background into $T/heard
follow() {
  "$helper" listen "$T/run/shim.sock" >"$T/heard" &
  listener=$!
  eventually "the state line" contains "$T/heard" '"type":"state"'
}

begin properties
boot sleep 3000000
follow
has "$T/heard" "{\"type\":\"state\",\"pid\":$init_pid,\"startTime\":$(started "$init_pid"),\"serial\":null}"
"$helper" area "$T/root/$serial_file" 5
eventually "the first serial" last_is "$T/heard" '{"type":"serial","serial":5}'
wake=$("$helper" latency "$T/run/shim.sock" "$T/root/$serial_file" 30)
at_least 1 "${wake%% *}" "changes that found the shim asleep on the serial, of 30"
before=$(wc -l <"$T/heard")
start_ms=$(now_ms)
"$helper" bump "$T/root/$serial_file" 1000 2000 500
eventually "the last of 2000 changes" last_is "$T/heard" '{"type":"serial","serial":2999}'
# One in 10 ms, and ten at once; the clock is read in whole milliseconds.
at_most $((($(now_ms) - start_ms) / 9 + 12)) $(($(wc -l <"$T/heard") - before)) "lines for 2000 changes"
pss=$(awk '/^Pss:/ { print $2 }' "/proc/$shim_pid/smaps_rollup")
at_most 1024 "$pss" "PSS in kB"
# Frozen or quiet: waiting costs nothing. (The kernel counts in ticks of 10 ms, and one may just be full.)
costs_nothing() {
  local before
  before=$(ticks)
  "$helper" sleep 2000
  [ "$(ticks)" = "$before" ]
}
eventually "two quiet seconds without a CPU tick" costs_nothing
end
eventually "the exit line" contains "$T/heard" '{"type":"exit","version":1,"phone":"ph_test"'
wait $listener
is 0 $? "the listener sees the end"

begin one-file
rmdir "$T/root/dev/__properties__"
boot sleep 3000000
follow
"$helper" area "$T/root/dev/__properties__" 77
eventually "the serial of Android 6" last_is "$T/heard" '{"type":"serial","serial":77}'
end

begin replaced
"$helper" area "$T/root/$serial_file" 5
boot sleep 3000000
follow
eventually "the first serial" contains "$T/heard" '"serial":5}'
"$helper" area "$T/root/new" 900
mv "$T/root/new" "$T/root/$serial_file"
eventually "the serial of the new file" last_is "$T/heard" '{"type":"serial","serial":900}'
end

begin truncated
"$helper" area "$T/root/$serial_file" 5
boot sleep 3000000
follow
eventually "the first serial" contains "$T/heard" '"serial":5}'
truncate -s 0 "$T/root/$serial_file"
eventually "the area is gone" last_is "$T/heard" '{"type":"serial","serial":null}'
truncate -s 100 "$T/root/$serial_file"
"$helper" sleep 300
if gone "$shim_pid"; then fail "truncation killed the shim"; else pass; fi
"$helper" area "$T/root/$serial_file" 6
eventually "it comes back" last_is "$T/heard" '{"type":"serial","serial":6}'
end
is 9 "$(field "$T/run/exit.json" signal)" "signal of exit.json"

begin shaken
"$helper" area "$T/root/$serial_file" 5
boot sleep 3000000
follow
eventually "the first serial" contains "$T/heard" '"serial":5}'
start_ms=$(now_ms) before=$(wc -l <"$T/heard")
"$helper" shake "$T/root/$serial_file" 3000
if gone "$shim_pid"; then fail "truncation under a woken waiter killed the shim"; else pass; fi
"$helper" area "$T/root/$serial_file" 6
eventually "it comes back" last_is "$T/heard" '{"type":"serial","serial":6}'
at_most $((2 * ($(now_ms) - start_ms) / 9 + 23)) $(($(wc -l <"$T/heard") - before)) "lines of it, two in 10 ms and twenty at once"
end
is 9 "$(field "$T/run/exit.json" signal)" "signal of exit.json"

# Each of these must be left alone, and must not keep the shim from seeing the end.
ignored() {
  boot sleep 3000000
  follow
  "$helper" sleep 600
  is 0 "$(lines_of '"serial":[0-9]' "$T/heard")" "lines with a serial"
  end
  is 9 "$(field "$T/run/exit.json" signal)" "signal of exit.json"
}
begin symlink
"$helper" area "$T/root/inside" 5
ln -s ../../inside "$T/root/$serial_file"
ignored
begin symlink-out-of-the-root
"$helper" area "$T/outside" 5
ln -s "../../../outside" "$T/root/$serial_file"
ignored
begin symlinked-directory
rmdir "$T/root/dev/__properties__"
mkdir "$T/root/elsewhere"
"$helper" area "$T/root/elsewhere/properties_serial" 5
ln -s /elsewhere "$T/root/dev/__properties__"
ignored
begin fifo
mkfifo "$T/root/$serial_file"
ignored
begin directory
mkdir "$T/root/$serial_file"
ignored
begin socket-and-device
mknod "$T/root/$serial_file" c 1 5
ignored
begin no-magic
head -c 131072 /dev/zero >"$T/root/$serial_file"
ignored

begin giant
"$helper" area "$T/root/$serial_file" 5
boot sleep 3000000
truncate -s 1T "$T/root/$serial_file"
follow
eventually "its serial" contains "$T/heard" '"serial":5}'
at_most 1024 "$(awk '/^Pss:/ { print $2 }' "/proc/$shim_pid/smaps_rollup")" "PSS in kB"
end

begin clients
"$helper" area "$T/root/$serial_file" 5
boot sleep 3000000
follow
pids=()
for i in 1 2 3 4 5 6; do
  "$helper" listen "$T/run/shim.sock" >"$T/other$i" &
  pids+=($!)
  eventually "client $i" test -s "$T/other$i"
done
# The eighth never reads. It is told the same few bytes again and again until its buffer is full, and then dropped.
timeout 120 "$helper" bump "$T/root/$serial_file" 10 4000000 20000 &
bumper=$!
"$helper" mute "$T/run/shim.sock" 100000 >"$T/mute" &
mute=$!
eventually "the eighth client is connected" test -s "$T/mute"
eventually "the others hear on" contains "$T/other6" '"type":"serial"'
"$helper" listen "$T/run/shim.sock" >"$T/ninth"
is 0 "$(wc -c <"$T/ninth")" "bytes for a ninth client"
if [ "${SLOW:-}" = 1 ]; then
  wait $mute
  is 0 $? "a client that does not read is dropped"
else
  kill $mute
fi
kill $bumper
wait $bumper 2>/dev/null
end
for pid in "${pids[@]}"; do wait "$pid"; done
has "$T/other1" '"type":"exit"'

echo "changes that woke it, change to line median and greatest in us: $wake; PSS $pss kB; flood of 1 MB/s: longest write ${flood_wait} ms, shim's CPU ticks (10 ms) of 3 s: $shim_ticks; without measure: $spent ticks"
