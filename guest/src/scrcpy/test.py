#!/usr/bin/env python3
"""app_process against what scrcpy's real server sends, byte by byte: test.py BIN_DIR [test…]"""
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../screen"))
from client import Server
from phone import Phone, eventually, read_pattern, run_all

BIN = sys.argv[1]
phone = Phone(BIN)
START = b"\0\0\0\1"


def server(version="4.1", **options):
    return Server(BIN, version, **options)


def nal_types(data):
    return [part[0] & 31 for part in data.split(START)[1:]] if data.startswith(START) else []


def gone(pid):
    return not os.path.exists(f"/proc/{pid}")


# ---- bytes on the media socket ----

def v4_begins_with_these_bytes():
    s = server(audio="false")
    assert s.name == b"ancloud".ljust(64, b"\0")
    assert s.video.exactly(4) == b"h264"
    assert s.video.exactly(12) == bytes.fromhex("80000000 000002d0 00000500")
    head = s.video.exactly(12)
    assert head[:8] == bytes.fromhex("4000000000000000"), head.hex()
    config = s.video.exactly(struct.unpack(">I", head[8:])[0])
    assert nal_types(config) == [7, 8] and config[5] == 66, config.hex()
    head = s.video.exactly(12)
    pts = struct.unpack(">Q", head[:8])[0]
    assert pts >> 61 == 1 and pts & (1 << 61) - 1 > 0
    assert nal_types(s.video.exactly(struct.unpack(">I", head[8:])[0])) == [5]
    assert s.close()[0] == 0


def v3_begins_with_these_bytes():
    s = server("3.3.4", audio="false")
    assert s.video.exactly(12) == bytes.fromhex("68323634 000002d0 00000500")
    head = s.video.exactly(12)
    assert head[:8] == bytes.fromhex("8000000000000000"), head.hex()
    assert nal_types(s.video.exactly(struct.unpack(">I", head[8:])[0])) == [7, 8]
    head = s.video.exactly(12)
    assert struct.unpack(">Q", head[:8])[0] >> 62 == 1
    s.close()


def raw_stream_is_nothing_but_h264():
    s = server(audio="false", control="false", raw_stream="true", send_device_meta="false", send_dummy_byte="false")
    assert s.video.exactly(5) == START + b"\x67"
    s.close()


def a_still_screen_is_repeated_ten_times():
    # Latency covers the clock, which would else move once a minute.
    phone.ok("am", "start", "com.ancloud.latency")
    phone.screen()
    s = server(audio="false")
    s.video.exactly(4)
    kinds = [s.video.packet() for _ in range(13)]
    assert [k[0] for k in kinds] == ["session", "config", "key"] + ["delta"] * 10
    times = [k[1] for k in kinds[2:]]
    assert all(90_000 <= b - a <= 400_000 for a, b in zip(times, times[1:])), times
    assert s.video.quiet(0.5)
    s.close()
    phone.ok("input", "keyevent", "HOME")


def next_session(s):
    """(width, height) of the next session packet, and that config and key frame follow."""
    while (p := s.video.packet())[0] != "session":
        pass
    assert s.video.packet()[0] == "config" and s.video.packet()[0] == "key"
    return p[2], p[3], p[1] & 1


def reset_and_rotation_begin_anew():
    s = server(audio="false")
    s.video.exactly(4)
    assert next_session(s) == (720, 1280, 0)
    s.send(b"\x11")
    assert next_session(s) == (720, 1280, 0)
    s.send(b"\x0b")
    assert next_session(s) == (1280, 720, 0)
    s.send(b"\x0b")
    assert next_session(s) == (720, 1280, 0)
    s.close()
    s = server("3.3.4", audio="false")
    s.video.exactly(12)
    assert [s.video.packet()[0] for _ in range(2)] == ["config", "key"]
    s.send(b"\x11")
    while s.video.packet()[0] != "config":
        pass
    assert s.video.packet()[0] == "key"
    s.close()


def sizes_follow_the_release():
    phone.ok("wm", "size", "723x1285")
    phone.screen()
    try:
        for version, options, want in (("4.1", {}, (722, 1284)), ("4.1", {"max_size": "1000"}, (562, 1000)), ("4.1", {"min_size_alignment": "16"}, (720, 1280)),
                                       ("3.3.4", {}, (720, 1280)), ("3.3.4", {"max_size": "1003"}, (560, 1000)), ("2.7", {"max_size": "640"}, (360, 640))):
            s = server(version, audio="false", **options)
            w_h = struct.unpack(">II", s.video.exactly(16)[8:]) if s.v4 else struct.unpack(">III", s.video.exactly(12))[1:]
            assert w_h == want, (version, options, w_h)
            s.close()
    finally:
        phone.ok("wm", "size", "reset")


def frames(s, seconds):
    """[(kind, pts, size)] of what comes in that time."""
    out, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        p = s.video.packet()
        out.append((p[0], p[1], len(p[2]) if p[0] != "session" else 0))
    return out


def rate_size_and_key_frames_are_obeyed():
    phone.ok("am", "start", "com.ancloud.motion")
    s = server(audio="false", max_fps="20", video_bit_rate="500000", video_codec_options="i-frame-interval:float=0.5")
    s.video.exactly(4)
    got = frames(s, 4)
    pictures = [f for f in got if f[0] in ("key", "delta")]
    span = (pictures[-1][1] - pictures[0][1]) / 1e6
    fps, kbps = (len(pictures) - 1) / span, sum(f[2] for f in pictures) * 8 / span / 1000
    keys = [f[1] for f in pictures if f[0] == "key"]
    print(f"     max_fps 20: {fps:.1f} fps, 500 kb/s: {kbps:.0f} kb/s, {len(keys)} key frames in {span:.1f} s")
    assert 10 <= fps <= 21 and kbps < 800 and all(0.49e6 < b - a < 0.9e6 for a, b in zip(keys, keys[1:])) and len(keys) >= 4
    assert all(b[1] > a[1] for a, b in zip(pictures, pictures[1:]))
    s.close()
    s = server(audio="false", video_bit_rate="500000")
    s.video.exactly(4)
    keys = [f for f in frames(s, 3) if f[0] == "key"]
    assert len(keys) == 1, keys
    s.close()
    phone.ok("input", "keyevent", "HOME")


def pattern_is_read_from_video():
    if not shutil.which("ffmpeg"):
        print("     not checked: no ffmpeg on this machine")
        return
    phone.ok("am", "start", "-S", "-n", "com.ancloud.motion/.MainActivity")
    s = server(audio="false", video_bit_rate="500000", raw_stream="true", send_dummy_byte="false", send_device_meta="false")
    data, end = b"", time.monotonic() + 3
    while time.monotonic() < end:
        data += s.video.sock.recv(65536)
    s.close()
    phone.ok("input", "keyevent", "HOME")
    for width, height in ((720, 1280), (180, 320)):
        raw = subprocess.run(["ffmpeg", "-v", "error", "-f", "h264", "-i", "-", "-vf", f"scale={width}:{height}", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
                             input=data, capture_output=True, check=True).stdout
        n = len(raw) // (width * height)
        found = [read_pattern(width, height, raw[i * width * height : (i + 1) * width * height], 1) for i in range(n)]
        good = [f for f in found if f and f[0] == 0xA5]
        counts = [f[2] for f in good]
        print(f"     {width} px wide at 500 kb/s: {len(good)} of {n} frames read")
        assert n > 60 and len(good) >= 0.97 * n and all(b > a for a, b in zip(counts, counts[1:]))


# ---- options ----

def refused(version, want, status=1, **options):
    s = Server(BIN, version, expect_sockets=False, **options)
    out = s.proc.communicate(timeout=5)[0].decode()
    assert s.proc.returncode == status and want in out, (s.proc.returncode, out)


def bad_values_end_it_and_say_which():
    refused("9.9", "[server] ERROR: The server version (any release from 2.0 to 4.1) does not match the client (9.9)")
    refused("banana", "does not match the client (banana)")
    refused("4.1", "[server] ERROR: Video codec h262 not supported", video_codec="h262")
    refused("4.1", 'For input string: "12q"', max_size="12q")
    refused("4.1", "Crop must contains 4 values", crop="1:2:3")
    refused("4.1", "min_size_alignment (3) must be 1, 2, 4, 8 or 16", min_size_alignment="3")
    refused("4.1", 'Invalid float value for max_fps: "fast"', max_fps="fast")
    refused("4.1", "Invalid codec option type", video_codec_options="a:bool=1")
    refused("4.1", "List of displays:\n    --display-id=0    (720x1280)", status=0, display_id="3", list_displays="true")
    p = subprocess.run([f"{BIN}/app_process", "/", "com.genymobile.scrcpy.Server", "4.1"], env={**os.environ, "CLASSPATH": "/no/such.jar"}, capture_output=True)
    assert p.returncode == 134 and b"ClassNotFoundException" in p.stderr


def unknown_keys_only_warn():
    s = server(audio="false", video="false", frobnicate="1", send_codec_meta="false", java=("-Xmx64m", "-Djava.awt.headless=true"))
    out = s.close()[1]
    assert "[server] WARN: Unknown server option: frobnicate" in out and "Unknown server option: send_codec_meta" in out
    assert "[server] INFO: Device: [ancloud]" in out


def an_unknown_codec_fails_as_android_does():
    s = server(audio="false", video_codec="h265")
    assert s.proc.wait(timeout=5) == 0
    assert "Could not create default video encoder for h265" in s.close()[1]


def the_jar_goes_when_cleanup_is_on():
    s = server(audio="false", video="false")
    eventually("the jar is deleted", lambda: not os.path.exists(s.jar))
    s.close()
    s = server(audio="false", video="false", cleanup="false")
    s.close()
    assert os.path.exists(s.jar)


def reverse_connects_out():
    scid = 0x7A000000 | os.getpid() & 0xFFFF
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0scrcpy_{scid:08x}")
        listener.listen(3)
        listener.settimeout(5)
        s = Server(BIN, "4.1", expect_sockets=False, scid=f"{scid:08x}", tunnel_forward="false", audio="false")
        video, control = listener.accept()[0], listener.accept()[0]
        video.settimeout(5)
        assert video.recv(64, socket.MSG_WAITALL) == b"ancloud".ljust(64, b"\0") and video.recv(4, socket.MSG_WAITALL) == b"h264"
        control.close()
        assert s.proc.wait(timeout=5) == 0
        video.close()
        s.close()


# ---- audio ----

def opus_goes_on_through_silence():
    s = server(video="false")
    assert s.audio.exactly(4) == b"opus"
    kind, _, head = s.audio.packet()
    assert kind == "config" and head == b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0", head
    packets = [s.audio.packet() for _ in range(25)]
    assert all(b[1] - a[1] == 20000 for a, b in zip(packets, packets[1:]))
    silent = max(len(p[2]) for p in packets[5:])
    s.start_app("com.ancloud.sound")
    time.sleep(0.1)
    s.touch(0, 0, 180, 300, 720, 1280)
    s.touch(1, 0, 180, 300, 720, 1280)
    eventually("a beep is louder than silence", lambda: len(s.audio.packet()[2]) > 4 * silent)
    s.close()


def raw_audio_is_pcm():
    s = server(video="false", audio_codec="raw")
    assert s.audio.exactly(4) == b"\0raw"
    s.start_app("com.ancloud.sound")
    assert all(len(s.audio.packet()[2]) == 3840 for _ in range(5))
    s.touch(0, 0, 180, 300, 720, 1280)
    s.touch(1, 0, 180, 300, 720, 1280)
    began = time.monotonic()
    sound = []
    while time.monotonic() < began + 0.6:
        sound += struct.unpack("<1920h", s.audio.packet()[2])[::2]
    loud = [i for i, v in enumerate(sound) if abs(v) > 300]
    assert 0.2 < (loud[-1] - loud[0]) / 48000 < 0.3, "the beep is whole"
    crossings = sum(1 for a, b in zip(sound, sound[1:]) if a < 0 <= b)
    assert 95 <= crossings <= 125, crossings  # 440 Hz for 250 ms
    s.close()


def audio_that_cannot_be_is_said_so():
    s = server(video="false", audio_source="mic")
    assert s.audio.exactly(4) == b"\0\0\0\0"
    s.key(3)
    assert s.proc.poll() is None
    s.close()
    s = server(video="false", audio_codec="aac")
    assert s.audio.exactly(4) == b"\0\0\0\1"
    assert s.proc.wait(timeout=5) == 0
    s.close()


# ---- control ----

def touch_of_another_size_is_dropped_and_leaves_the_finger():
    s = server(audio="false")
    s.video.exactly(4)
    next_session(s)
    gestures = phone.input("Gestures")
    s.touch(0, 5, 100, 900, 1280, 720)
    s.touch(0, 1, 100, 900, 720, 1280)
    eventually("a finger is down", lambda: phone.input("Pointers down") == 1)
    assert phone.input("Gestures") == gestures + 1
    s.touch(1, 1, 100, 900, 1280, 720)
    # Were the pointer freed, this would be a new gesture; so it is a second finger of the old.
    s.touch(0, 2, 200, 900, 720, 1280)
    eventually("two fingers are down", lambda: phone.input("Pointers down") == 2)
    s.touch(1, 2, 200, 900, 720, 1280)
    s.touch(1, 1, 100, 900, 720, 1280)
    eventually("no finger is down", lambda: phone.input("Pointers down") == 0)
    s.close()


def cancel_leaves_a_phantom_and_a_late_move_makes_one():
    s = server(audio="false", video="false")
    s.touch(0, 1, 100, 900, 720, 1280)
    s.touch(3, 1, 100, 900, 720, 1280)
    eventually("the gesture has ended", lambda: phone.input("Pointers down") == 0)
    dropped = phone.input("Dropped")
    s.touch(0, 2, 200, 900, 720, 1280)
    eventually("the next finger is a second one without a first", lambda: phone.input("Dropped") == dropped + 1)
    s.touch(1, 2, 200, 900, 720, 1280)
    s.touch(1, 1, 100, 900, 720, 1280)
    s.touch(0, 3, 100, 900, 720, 1280)
    eventually("all phantoms are gone", lambda: phone.input("Pointers down") == 1)
    s.touch(1, 3, 100, 900, 720, 1280)
    s.touch(2, 3, 100, 900, 720, 1280)
    dropped = eventually("the late move is dropped", lambda: phone.input("Dropped"))
    s.touch(0, 4, 100, 900, 720, 1280)
    eventually("and has made a phantom", lambda: phone.input("Dropped") > dropped)
    s.close()


def ten_fingers_and_no_more():
    phone.ok("am", "start", "com.ancloud.paint")
    s = server(audio="false", video="false")
    for i in range(11):
        s.touch(0, i, 60 + 60 * i, 600, 720, 1280)
    eventually("ten fingers are down", lambda: phone.input("Pointers down") == 10)
    for i in range(10):
        s.touch(2, i, 60 + 60 * i, 700, 720, 1280)
    for i in range(10):
        s.touch(1, i, 60 + 60 * i, 700, 720, 1280)
    eventually("all are up", lambda: phone.input("Pointers down") == 0)
    colours = {phone.pixel(60 + 60 * i, 650) for i in range(10)}
    assert len(colours) == 10, colours
    assert "Too many pointers for touch event" in s.close()[1]


def without_video_coordinates_are_the_displays():
    phone.ok("am", "start", "-S", "-n", "com.ancloud.latency/.MainActivity")
    for version, taken in (("4.1", True), ("3.3.4", True), ("2.7", False)):
        before = phone.pattern()[2]
        s = server(version, audio="false", video="false")
        s.touch(0, 0, 300, 600, 99, 99)
        s.touch(1, 0, 300, 600, 99, 99)
        s.key(0)
        keys = phone.input("Keys")
        eventually("the key has come through", lambda: phone.input("Keys") >= keys)
        time.sleep(0.05)
        assert (phone.pattern()[2] == before + 1) == taken, version
        s.close()
    phone.ok("input", "keyevent", "HOME")


def clipboard_both_ways():
    phone.ok("am", "start", "-S", "-n", "com.ancloud.notes/.MainActivity")
    s, other = server(audio="false", video="false"), server(audio="false", video="false", clipboard_autosync="false")
    text = "Zwölf 漢字 😀"
    s.send(struct.pack(">BQBI", 9, 0x1122334455667788, 1, len(text.encode())) + text.encode())
    assert s.device_message() == ("ack", 0x1122334455667788)
    eventually("the text is pasted", lambda: phone.note() == text)
    # Its own change is not told; that of others is.
    phone.ok("screen-tools", "cmd", "clipboard", "set", "from the phone")
    assert s.device_message() == ("clipboard", "from the phone")
    other.text("!")
    other.send(b"\x08\x01")
    assert other.device_message() == ("clipboard", text + "!")
    assert s.device_message() == ("clipboard", text + "!")
    big = "x" * 262130
    s.send(struct.pack(">BQBI", 9, 7, 0, len(big)) + big.encode())
    assert s.device_message() == ("ack", 7)
    other.send(b"\x08\x00")
    assert other.device_message() == ("clipboard", big)
    s.close()
    other.close()


def text_and_keys_type():
    phone.ok("am", "start", "-S", "-n", "com.ancloud.notes/.MainActivity")
    s = server(audio="false", video="false")
    s.text("Grüße κόσμε 漢 😀")
    s.key(66)
    s.key(29, meta=1)
    s.key(30)
    eventually("the text is there", lambda: phone.note() == "Grüße κόσμε 漢 😀\nAb")
    s.close()


def apps_start_by_package_prefix_and_label():
    s = server(audio="false", video="false")
    s.start_app("com.ancloud.paint")
    eventually("Paint is in front", lambda: phone.front() == "com.ancloud.paint")
    s.start_app("?late")
    eventually("Latency is in front", lambda: phone.front() == "com.ancloud.latency")
    phone.ok("input", "tap", "300", "900")
    s.start_app("+?LATENCY")
    eventually("Latency begins anew", lambda: phone.pattern() and phone.pattern()[2] == 0)
    s.start_app("?s")
    s.start_app("com.example.none")
    s.start_app("com.ancloud.launcher")
    eventually("home", lambda: phone.front() == "com.ancloud.launcher")
    out = s.close()[1]
    assert 'No unique app found for name "s"' in out and 'No app found for package "com.example.none"' in out


def sleep_and_power():
    s = server(audio="false", video="false")
    s.send(b"\x0a\x00")
    eventually("the panel is off", lambda: phone.dump("display", r"mPanelState=(\w+)") == "OFF")
    assert phone.dump("display", r"mState=(\w+)") == "ON" and phone.pixel(360, 900) != (0, 0, 0)
    s.close()
    eventually("clean-up powers it on", lambda: phone.dump("display", r"mPanelState=(\w+)") == "ON")
    s = server(audio="false", video="false")
    s.key(26)
    eventually("asleep", lambda: phone.dump("display", r"mState=(\w+)") == "OFF")
    s.send(b"\x04\x00\x04\x01")
    eventually("awake", lambda: phone.dump("display", r"mState=(\w+)") == "ON")
    s.key(223)
    eventually("asleep again", lambda: phone.dump("display", r"mState=(\w+)") == "OFF")
    s.close()
    s = server(audio="false", video="false")
    eventually("power_on wakes", lambda: phone.dump("display", r"mState=(\w+)") == "ON")
    s.close()


def every_other_message_is_taken():
    s = server(audio="false", video="false")
    s.send(b"\x05\x07\x06\x07")
    s.send(struct.pack(">BHHHB", 12, 1, 2, 3, 4) + b"name" + struct.pack(">H", 3) + b"abc")
    s.send(struct.pack(">BHH", 13, 1, 2) + b"xy" + struct.pack(">BH", 14, 1))
    s.send(struct.pack(">BI", 22, 4) + b"/tmp" + b"\x11")
    s.send(struct.pack(">BiiHHhhI", 3, 300, 600, 720, 1280, 0, -0x800, 0))
    s.send(b"\x0f")
    eventually("hard keyboard settings", lambda: phone.front() == "com.ancloud.settings")
    s.key(3)
    out = s.close()[1]
    assert "Failed to open UHID" in out and "/dev/uhid" in out


def an_unknown_message_ends_the_channel():
    for version, data in (("4.1", b"\x17"), ("4.0", b"\x16"), ("3.3.4", b"\x12\x00")):
        s = server(version, audio="false", video="false")
        s.send(data)
        assert s.proc.wait(timeout=5) == 0
        assert f"Unknown event type: {data[0]}" in s.close()[1]


def resize_needs_a_flexible_display():
    s = server(audio="false", flex_display="true", new_display="")
    s.video.exactly(4)
    next_session(s)
    s.send(struct.pack(">BHH", 21, 800, 600))
    eventually("resized", lambda: phone.screen()[:2] == (800, 600))
    while (size := next_session(s))[:2] != (800, 600):
        pass
    s.close()
    phone.ok("wm", "size", "reset")
    s = server(audio="false")
    s.send(struct.pack(">BHH", 21, 800, 600))
    assert s.proc.wait(timeout=5) == 0 and "ClassCastException" in s.close()[1]


def hostile_bytes_end_their_own_server_only():
    noise = random.Random(1)
    for _ in range(25):
        s = server(audio="false", video="false", power_on="false")
        try:
            for _ in range(40):
                s.send(bytes([noise.randrange(23)]) + noise.randbytes(noise.randrange(60)))
        except (BrokenPipeError, ConnectionResetError):
            pass
        status, out = s.close()
        assert status == 0 and "Sanitizer" not in out, (status, out)
    phone.ok("wm", "user-rotation", "lock", "0")
    phone.ok("input", "keyevent", "WAKEUP", "HOME")
    assert phone.front() == "com.ancloud.launcher"


def a_server_waits_for_the_phone_and_ends_with_it():
    phone.stop()
    s = Server(BIN, "4.1", expect_sockets=False, audio="false")
    try:
        time.sleep(0.3)
        assert s.proc.poll() is None
    finally:
        phone.start()
    s.connect()
    assert s.video.exactly(4) == b"h264"
    phone.stop()
    try:
        assert s.proc.wait(timeout=5) == 0
    finally:
        phone.start()
    s.close()


def three_at_once_and_a_killed_client():
    servers = [server(), server("3.3.4", audio="false"), server(audio="false", video="false")]
    assert servers[0].video.exactly(4) == b"h264" and servers[1].video.exactly(4) == b"h264"
    servers[2].key(3)
    for s in servers:
        for stream in (s.video, s.audio, s.control):
            if stream:
                stream.sock.close()
        eventually("the server ends with its client", lambda p=s.proc: p.poll() is not None)
        s.close()
    s = server(audio="false")
    pid = s.proc.pid
    s.close(kill=True)
    assert gone(pid)
    eventually("its clean-up ends too", lambda: not subprocess.run(["pgrep", "-x", "-s", "0", "scrcpy-cleanup"], capture_output=True).stdout)


def encoding_is_cheap():
    phone.ok("am", "start", "com.ancloud.motion")
    for fps in (30, 60):
        s = server(audio="false", max_fps=str(fps))
        s.video.exactly(4)

        def ticks(pid):
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            return int(fields[11]) + int(fields[12])

        frames(s, 0.5)
        before = ticks(s.proc.pid), ticks(phone.proc.pid), time.monotonic()
        n = len(frames(s, 3))
        span = time.monotonic() - before[2]
        mine, screen = ((ticks(p) - b) / os.sysconf("SC_CLK_TCK") / span for p, b in ((s.proc.pid, before[0]), (phone.proc.pid, before[1])))
        print(f"     720x1280 at {n / span:.0f} fps: app_process {mine:.0%} of a core, system_server {screen:.0%}")
        assert mine < 0.7
        s.close()
    phone.ok("input", "keyevent", "HOME")


try:
    status = run_all([
        v4_begins_with_these_bytes, v3_begins_with_these_bytes, raw_stream_is_nothing_but_h264, a_still_screen_is_repeated_ten_times,
        reset_and_rotation_begin_anew, sizes_follow_the_release, rate_size_and_key_frames_are_obeyed, pattern_is_read_from_video,
        bad_values_end_it_and_say_which, unknown_keys_only_warn, an_unknown_codec_fails_as_android_does, the_jar_goes_when_cleanup_is_on,
        reverse_connects_out, opus_goes_on_through_silence, raw_audio_is_pcm, audio_that_cannot_be_is_said_so,
        touch_of_another_size_is_dropped_and_leaves_the_finger, cancel_leaves_a_phantom_and_a_late_move_makes_one, ten_fingers_and_no_more,
        without_video_coordinates_are_the_displays, clipboard_both_ways, text_and_keys_type, apps_start_by_package_prefix_and_label,
        sleep_and_power, every_other_message_is_taken, an_unknown_message_ends_the_channel, resize_needs_a_flexible_display,
        hostile_bytes_end_their_own_server_only, a_server_waits_for_the_phone_and_ends_with_it, three_at_once_and_a_killed_client, encoding_is_cheap])
finally:
    phone.close()
sys.exit(status)
