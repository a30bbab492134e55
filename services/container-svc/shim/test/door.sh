# SPDX-License-Identifier: Apache-2.0
# The door: who may ask for what, and that it leads into the phone's network namespace and no other.

scid=scrcpy_0000abcd

# boot_behind DOOR_OPTIONS VERB: a phone with a door at $T/door; VERB of the helper makes its namespaces.
boot_behind() {
  shim --door "$T/door" $1 --pid-file "$T/pid" -- "$helper" "$2" "$T/pid" "$T/root" /helper sleep 3000000 >"$T/answer" 2>"$T/error"
  is 0 $? "exit status: $(cat "$T/error")"
  shim_pid=$(field "$T/run/shim.json" pid)
  init_pid=$(field "$T/run/create.json" pid)
  is no "$(same_net "$init_pid")" "the phone has the host's network namespace"
}
same_net() { if [ "$(readlink "/proc/$1/ns/net")" = "$(readlink /proc/self/ns/net)" ]; then echo yes; else echo no; fi; }

listeners=()
# listen_there WORD [PROGRAM…]: a listener of that word, started by the program (nsenter), until hush.
listen_there() {
  local word=$1
  shift
  "$@" "$helper" abstract $scid "$word" >"$T/listens-$word" &
  listeners+=($!)
  eventually "$word listens" test -s "$T/listens-$word"
}
in_phone() { echo "nsenter --net=/proc/$init_pid/ns/net"; }
hush() {
  kill "${listeners[@]}"
  wait "${listeners[@]}" 2>/dev/null
  listeners=()
}

# asked NAME…: the answers on one line
asked() { timeout $((2 * patience)) "$helper" ask "$T/door" "$@" 2>&1 | paste -sd,; }
# What the shim holds of what a door opens: sockets and namespaces. (Its other thread opens a directory now and then.)
held_fds() { ls -l "/proc/$shim_pid/fd" | grep -cE 'socket:|net:'; }
has_lines() { [ "$(wc -l <"$1")" = "$2" ]; }
holds() { [ "$(held_fds)" = "$1" ]; }

begin door-options
refused "--door 'door': an absolute path" shim --door door --pid-file "$T/pid" -- true
refused ": a shorter path" shim --door "/$(printf %0100d 0)" --pid-file "$T/pid" -- true
refused "--door-owner 'phone': a number from 0" shim --door "$T/door" --door-owner phone --pid-file "$T/pid" -- true
refused "--door-owner '4294967295': a number from 0" shim --door "$T/door" --door-owner 4294967295 --pid-file "$T/pid" -- true
refused "--door-owner and --door-trusting go with --door" shim --door-owner 12 --pid-file "$T/pid" -- true
refused "--door-owner and --door-trusting go with --door" shim --door-trusting --pid-file "$T/pid" -- true
shim --door "$T/door" --pid-file "$T/pid" -- false >/dev/null 2>&1
is 1 $? "exit status of a failed create"
eventually "the shim ends" is_free "$T/run/shim.lock"
if [ -e "$T/door" ]; then fail "the door of a failed create is left"; else pass; fi

begin door
touch "$T/door" # what stands there is replaced
boot_behind "" create-apart
before=$(held_fds)
is "600 $(id -u)" "$(stat -c '%a %u' "$T/door")" "mode and owner"
is "Connection refused" "$(asked $scid)" "nobody listens"
listen_there host
is "Connection refused" "$(asked $scid)" "only the host listens"
listen_there phone $(in_phone)
is "connected,phone touch" "$(timeout $((2 * patience)) "$helper" talk "$T/door" $scid 1 2>&1 | paste -sd,)" "the phone's listener"
given=$(timeout $((2 * patience)) "$helper" talk "$T/door" $scid 1 give 2>&1 | paste -sd,)
if [ "$given" = "connected,refused touch" ] || [ "$given" = "connected,sent touch" ]; then pass; else fail "a phone that sends a descriptor: '$given'"; fi
is yes "$(same_net "$shim_pid")" "the shim is back in its own network namespace"

no="Operation not permitted"
for name in scrcpy scrcpy_ scrcpy_0000abc scrcpy_0000abcde scrcpy_0000ABCD scrcpy_0000abcg scrcpy-0000abcd %crcpy_0000abcd $scid% scrcpy_0000abc% \
  jdwp-control "$(printf %0107d 0)" "$(printf %0108d 0)" "$scid$(printf %070000d 0)"; do
  is "$no,connected" "$(asked "$name" $scid)" "$(printf %.40s "$name"), and then the right one"
done

is "500 connected,500 phone touch" "$(timeout $((4 * patience)) "$helper" talk "$T/door" $scid 500 2>&1 | sort | uniq -c | sed 's/^ *//' | paste -sd,)" "500 requests"
eventually "nothing is left open by them" holds "$before"
is 0 "$(asked $(yes x | head -500) | tr , '\n' | grep -vc "$no")" "answers other than a refusal to 500 wrong names"
eventually "nothing is left open by refusals" holds "$before"
given=$(timeout $patience "$helper" give "$T/door" $scid)
if [ "$given" = refused ] || [ "$given" = connected ]; then pass; else fail "a client that sends a descriptor hears '$given'"; fi
eventually "a descriptor of a client's is not kept" holds "$before"
timeout $((2 * patience)) "$helper" ask-deaf "$T/door" x
is 0 $? "a client that does not read is dropped"
is "connected" "$(asked $scid)" "after it"


# Who has given up is not connected for: scrcpy takes whom it accepts for its client.
kill -STOP "$shim_pid"
timeout 1 "$helper" ask "$T/door" $scid >/dev/null
kill -CONT "$shim_pid"
accepted=$(grep -c accepted "$T/listens-phone")
is connected "$(asked $scid)" "after it"
eventually "the listener has heard" has_lines "$T/listens-phone" $((accepted + 2))
sleep 0.2
is $((accepted + 1)) "$(grep -c accepted "$T/listens-phone")" "connections for the one that waited"

# Eight connections and a ninth, all open until descriptor 7 is closed.
mkfifo "$T/hold"
"$helper" ask-each "$T/door" 9 $scid <"$T/hold" >"$T/nine" &
asker=$!
exec 7>"$T/hold"
eventually "nine clients have heard" has_lines "$T/nine" 9
is "8 connected,1 closed" "$(uniq -c "$T/nine" | sed 's/^ *//' | paste -sd,)" "nine clients"
is closed "$(asked $scid)" "a tenth client"
exec 7>&-
wait $asker
is connected "$(asked $scid)" "when they have gone"
eventually "nothing is left open by them" holds "$before"
hush

listen_there - $(in_phone)
is "connected,Resource temporarily unavailable" "$(asked $scid $scid)" "one more than the listener has room for"
hush

# A client that is there when the phone ends.
"$helper" ask-each "$T/door" 1 $scid <"$T/hold" >"$T/one" &
asker=$!
exec 7>"$T/hold"
eventually "it has heard" has_lines "$T/one" 1
end
exec 7>&-
wait $asker
if [ -e "$T/door" ]; then fail "the door is left"; else pass; fi

# Without its door a phone is a phone.
begin door-that-cannot-be
shim --door "$T/nowhere/door" --pid-file "$T/pid" -- "$helper" create "$T/pid" "$T/root" /helper sleep 3000000 >"$T/answer" 2>"$T/error"
is 0 $? "exit status"
has "$T/log" "# no door at $T/nowhere/door: No such file or directory"
shim_pid=$(field "$T/run/shim.json" pid)
init_pid=$(field "$T/run/create.json" pid)
end

# A kernel that cannot refuse what the phone would send through the socket.
begin door-of-an-older-kernel
shim_older() { "$helper" refusing-passrights "$usual" "$@"; }
usual=$shim
shim=shim_older
boot_behind "" create-apart
if [ -e "$T/door" ]; then fail "a door"; else pass; fi
has "$T/log" "# no door: this kernel lets phones send descriptors"
end
boot_behind "--door-trusting" create-apart
shim=$usual
listen_there phone $(in_phone)
is "connected,phone touch" "$(timeout $((2 * patience)) "$helper" talk "$T/door" $scid 1 2>&1 | paste -sd,)" "the phone's listener"
hush
end

begin door-before-the-phone
shim --door "$T/door" --pid-file "$T/pid" -- sh -c "touch $T/began; until [ -e $T/go ]; do sleep 0.02; done; exec $helper create-apart $T/pid $T/root /helper sleep 3000000" >"$T/answer" 2>"$T/error" &
command=$!
eventually "create runs" test -e "$T/began"
is "No such process,$no,No such process" "$(asked $scid other $scid)" "before the phone is there"
touch "$T/go"
wait $command
is 0 $? "exit status"
init_pid=$(field "$T/run/create.json" pid)
is "Connection refused" "$(asked $scid)" "when it is there"
if ls -l "/proc/$init_pid/fd" | grep -qE 'socket:|net:'; then fail "the phone inherited a descriptor"; else pass; fi
end

begin door-owner-and-user-namespace
boot_behind "--door-owner 12345" create-mapped
is "600 12345" "$(stat -c '%a %u' "$T/door")" "mode and owner"
is no "$(if [ "$(readlink "/proc/$init_pid/ns/user")" = "$(readlink /proc/self/ns/user)" ]; then echo yes; else echo no; fi)" "the phone has the host's user namespace"
listen_there host
is "Connection refused" "$(asked $scid)" "only the host listens"
listen_there phone $(in_phone)
is "connected,phone touch" "$(timeout $((2 * patience)) "$helper" talk "$T/door" $scid 1 2>&1 | paste -sd,)" "the phone's listener"
hush
end

begin door-adopted
boot_behind "" create-apart
listen_there phone $(in_phone)
kill -KILL "$shim_pid"
eventually "the shim is killed" is_free "$T/run/shim.lock"
is "$T/door: Connection refused" "$(asked $scid)" "the door of a killed shim"
shim --adopt "$init_pid:$(started "$init_pid")" --door "$T/door" --door-owner 12345 >"$T/answer" 2>"$T/error"
is 0 $? "exit status"
shim_pid=$(field "$T/run/shim.json" pid)
is "600 12345" "$(stat -c '%a %u' "$T/door")" "mode and owner"
is "connected,phone touch" "$(timeout $((2 * patience)) "$helper" talk "$T/door" $scid 1 2>&1 | paste -sd,)" "the phone's listener"
hush
end
if [ -e "$T/door" ]; then fail "the door is left"; else pass; fi

# The kernel does not let the thread come back: this door closes, and the phone keeps its shim.
begin door-of-no-return
boot_behind "" create-apart
own_net=$(readlink /proc/self/ns/net)
own_net_fd() { ls -l "/proc/$shim_pid/fd" | sed -n "s/.* \([0-9]*\) -> ${own_net//[][]/.}\$/\1/p"; }
number=$(own_net_fd)
end
usual=$shim
shim_refused() { "$helper" refusing-setns "$number" "$usual" "$@"; }
shim=shim_refused
boot_behind "" create-apart
shim=$usual
before=$(held_fds)
is "$number" "$(own_net_fd)" "the descriptor of the shim's own namespace"
is "$no,closed" "$(asked other $scid)" "a request that cannot be made"
if [ -e "$T/door" ]; then fail "the door is left"; else pass; fi
is "$(readlink "/proc/$init_pid/ns/net")" "$(readlink "/proc/$shim_pid/ns/net")" "network namespace of the shim"
is $((before - 1)) "$(held_fds)" "descriptors without the door's socket"
echo "from the phone" >"$T/kmsg"
eventually "it serves on" contains "$T/log" "from the phone"
"$helper" listen "$T/run/shim.sock" >"$T/heard" &
listener=$!
eventually "its other socket" contains "$T/heard" '"type":"state"'
end
wait $listener
has "$T/heard" '"type":"exit"'
