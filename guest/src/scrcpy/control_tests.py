"""Control messages, and how servers end."""
import random
import signal
import struct

from client import Server
from phone import PATIENCE, eventually
from stage import BIN, next_session, phone, server


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
    gestures, dropped = phone.input("Gestures"), phone.input("Dropped")
    s.touch(0, 1, 100, 900, 720, 1280)
    s.touch(3, 1, 100, 900, 720, 1280)
    eventually("the gesture has been and ended", lambda: phone.input("Gestures") == gestures + 1 and phone.input("Pointers down") == 0)
    assert phone.input("Dropped") == dropped
    s.touch(0, 2, 200, 900, 720, 1280)
    eventually("the next finger is a second one without a first", lambda: phone.input("Dropped") == dropped + 1)
    s.touch(1, 2, 200, 900, 720, 1280)
    s.touch(1, 1, 100, 900, 720, 1280)
    s.touch(0, 3, 100, 900, 720, 1280)
    eventually("all phantoms are gone", lambda: phone.input("Pointers down") == 1)
    s.touch(1, 3, 100, 900, 720, 1280)
    s.touch(2, 3, 100, 900, 720, 1280)
    # With it four are dropped: a second finger without a first, and the UP of two that never were a gesture.
    eventually("the late move is dropped", lambda: phone.input("Dropped") == dropped + 4)
    s.touch(0, 4, 100, 900, 720, 1280)
    eventually("and has made a phantom", lambda: phone.input("Dropped") == dropped + 5)
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
        before, keys = phone.pattern()[2], phone.input("Keys")
        s = server(version, audio="false", video="false")
        s.touch(0, 0, 300, 600, 99, 99)
        s.touch(1, 0, 300, 600, 99, 99)
        s.key(0)
        eventually("the key behind the touch has come through", lambda: phone.input("Keys") == keys + 2)
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
        assert s.proc.wait(timeout=PATIENCE) == 0
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
    assert s.proc.wait(timeout=PATIENCE) == 0 and "ClassCastException" in s.close()[1]


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
        assert b"Device: " in s.proc.stdout.readline()  # after which it looks for the phone, and would end were it not to wait
    finally:
        phone.start()
    s.connect()
    assert s.video.exactly(4) == b"h264"
    phone.stop()
    try:
        assert s.proc.wait(timeout=PATIENCE) == 0
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
    status, out = s.close(kill=True)
    assert status == -signal.SIGKILL and "Cleaning up" in out, (status, out)


TESTS = (
    touch_of_another_size_is_dropped_and_leaves_the_finger,
    cancel_leaves_a_phantom_and_a_late_move_makes_one,
    ten_fingers_and_no_more,
    without_video_coordinates_are_the_displays,
    clipboard_both_ways,
    text_and_keys_type,
    apps_start_by_package_prefix_and_label,
    sleep_and_power,
    every_other_message_is_taken,
    an_unknown_message_ends_the_channel,
    resize_needs_a_flexible_display,
    hostile_bytes_end_their_own_server_only,
    a_server_waits_for_the_phone_and_ends_with_it,
    three_at_once_and_a_killed_client,
)
