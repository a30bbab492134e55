#!/usr/bin/env python3
"""The screen and its tools as a user of the phone's shell sees them: test.py BIN_DIR [test…]"""
import os
import random
import re
import socket
import struct
import sys
import time
import zlib

sys.path.insert(0, os.path.dirname(__file__))
from phone import Phone, eventually, run_all

phone = Phone(sys.argv[1])


def screencap_writes_png():
    path = f"{phone.dev}/a.png"
    phone.ok("screencap", "-p", path)
    png = open(path, "rb").read()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert png[8:33] == bytes.fromhex("0000000d49484452000002d0000005000802000000") + struct.pack(">I", zlib.crc32(png[12:29]))
    n = struct.unpack(">I", png[33:37])[0]
    assert len(zlib.decompress(png[41 : 41 + n])) == 1280 * (720 * 3 + 1)
    assert png[-12:] == bytes.fromhex("0000000049454e44ae426082")
    assert phone.run("screencap", "-d", "7")[0] == 1
    assert phone.run("screencap", f"{phone.dev}/no/such/dir.png")[0] == 1


def launcher_opens_apps_and_home_returns():
    assert phone.front() == "com.ancloud.launcher"
    phone.ok("input", "tap", "140", "770")
    assert phone.front() == "com.ancloud.paint"
    phone.ok("input", "keyevent", "KEYCODE_HOME")
    assert phone.front() == "com.ancloud.launcher"
    phone.ok("am", "start", "-n", "com.ancloud.notes/.MainActivity")
    phone.ok("input", "keyevent", "BACK")
    phone.ok("input", "keyevent", "187")
    assert phone.front() == "com.ancloud.launcher.recents"
    phone.ok("input", "tap", "200", "250")
    assert phone.front() in ("com.ancloud.notes", "com.ancloud.paint")


def am_refuses_by_name():
    status, out, err = phone.run("am", "start", "-n", "com.example/.Nope")
    assert status == 1 and "com.example/.Nope" in err and "does not exist" in err
    status, _, err = phone.run("am", "broadcast", "-a", "x")
    assert status == 1 and "no broadcast receivers" in err
    assert phone.run("am", "start", "-a", "android.settings.SETTINGS")[0] == 0 and phone.front() == "com.ancloud.settings"
    phone.ok("am", "force-stop", "com.ancloud.settings")
    assert phone.front() == "com.ancloud.launcher"


def notes_keeps_every_character():
    phone.ok("am", "start", "-S", "-n", "com.ancloud.notes/.MainActivity")
    phone.ok("input", "text", "Grüße%sκαλημέρα")
    phone.ok("input", "keyevent", "ENTER")
    phone.ok("input", "text", "привет 漢字 😀")
    assert phone.note() == "Grüße καλημέρα\nпривет 漢字 😀"
    phone.ok("input", "keyevent", "DEL", "DEL")
    assert phone.note() == "Grüße καλημέρα\nпривет 漢字"
    phone.ok("input", "keyevent", "MOVE_HOME", "DPAD_RIGHT", "FORWARD_DEL", "MOVE_HOME", "DPAD_LEFT", "A")
    assert phone.note() == "Grüße καλημέραa\nпивет 漢字"
    phone.ok("input", "keyevent", "CUT")
    assert phone.ok("screen-tools", "cmd", "clipboard", "get").startswith("G")
    phone.ok("screen-tools", "cmd", "clipboard", "set", "pasted ✓")
    phone.ok("input", "keyevent", "PASTE", "PASTE")
    assert phone.note() == "pasted ✓pasted ✓"


def hardware_keys_type():
    phone.ok("am", "start", "-S", "-n", "com.ancloud.notes/.MainActivity")
    phone.ok("input", "keyevent", "H", "I", "SPACE", "KEYCODE_1", "COMMA")
    assert phone.note() == "hi 1,"


def latency_flips_and_names_the_touch():
    phone.ok("am", "start", "-S", "-n", "com.ancloud.latency/.MainActivity")
    assert phone.pattern()[:3] == (0x5A, 0, 0) and phone.pixel(20, 1000) == (0, 255, 0)
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000000 & 0xFFFFFFFF
    phone.ok("input", "tap", "300", "900")
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000000 & 0xFFFFFFFF
    kind, aux, count, ms = phone.pattern()
    assert (kind, aux, count) == (0x5A, 1, 1) and before <= ms <= after
    assert phone.pixel(20, 1000) == (255, 0, 255)
    phone.ok("input", "tap", "300", "900")
    assert phone.pattern()[:3] == (0x5A, 0, 2) and phone.pixel(20, 1000) == (0, 255, 0)


def motion_counts_sixty_a_second_at_most():
    phone.ok("am", "start", "-S", "-n", "com.ancloud.motion/.MainActivity")
    first = eventually("Motion is shown", phone.pattern)
    last = eventually("two hundred frames are drawn", lambda: (p := phone.pattern())[2] >= first[2] + 200 and p)
    frames, ms = last[2] - first[2], last[3] - first[3]
    print(f"     {frames * 1000 / ms:.1f} fps")
    # A frame is late on a busy machine; none is early by more than a beat.
    assert first[:2] == (0xA5, 60) and frames <= ms * 60 / 1000 + 2, (first, last)
    phone.ok("input", "keyevent", "HOME")


def pattern_survives_any_size():
    phone.ok("am", "start", "-n", "com.ancloud.latency/.MainActivity")
    try:
        for size in ("240x240", "240x2560", "1080x1920", "2560x1600", "721x1281", "2560x2560"):
            phone.ok("wm", "size", size)
            w, h, _ = phone.screen()
            assert f"{w}x{h}" == size and phone.pattern()[0] == 0x5A, size
            for app in ("paint", "notes", "motion", "sound", "settings", "launcher", "launcher.recents"):
                phone.ok("am", "start", f"com.ancloud.{app}")
                phone.screen()
            phone.ok("am", "start", "-n", "com.ancloud.latency/.MainActivity")
    finally:
        phone.ok("wm", "size", "reset")
    assert phone.ok("wm", "size") == "Physical size: 720x1280\n"


def wm_rotates_and_refuses():
    phone.ok("wm", "user-rotation", "lock", "1")
    assert phone.screen()[:2] == (1280, 720) and phone.ok("wm", "user-rotation") == "lock 1\n"
    assert phone.ok("settings", "get", "system", "user_rotation") == "1\n"
    phone.ok("settings", "put", "system", "user_rotation", "0")
    assert phone.screen()[:2] == (720, 1280)
    phone.ok("wm", "user-rotation", "free")
    assert phone.ok("wm", "user-rotation") == "free\n"
    phone.ok("wm", "user-rotation", "lock", "0")
    for bad in (("size", "10x10"), ("size", "720"), ("size", "720x1280x3"), ("size", "9999x720"), ("density", "1"), ("density", "x"), ("user-rotation", "lock", "4"), ("nonsense",)):
        assert phone.run("wm", *bad)[0] == 1, bad
    phone.ok("wm", "density", "480")
    assert phone.ok("wm", "density") == "Physical density: 320\nOverride density: 480\n"
    phone.ok("wm", "density", "reset")


def settings_survive_a_restart():
    phone.ok("settings", "put", "secure", "colour", "light blue")
    phone.ok("wm", "size", "600x800")
    phone.stop()
    phone.start()
    assert phone.ok("settings", "get", "secure", "colour") == "light blue\n"
    assert phone.screen()[:2] == (600, 800)
    phone.ok("wm", "size", "reset")
    assert phone.ok("settings", "delete", "secure", "colour") == "Deleted 1 rows\n"
    assert phone.ok("settings", "get", "secure", "colour") == "null\n"
    assert "user_setup_complete=1\n" in phone.ok("settings", "list", "secure")
    for bad in (("get", "nowhere", "x"), ("put", "system", "k"), ("frob",), ("put", "system", "k", "v" * 2000)):
        assert phone.run("settings", *bad)[0] == 1, bad


def asleep_is_black_and_deaf():
    phone.ok("input", "keyevent", "POWER")
    w, h, px = phone.screen()
    assert not any(px[i] for i in range(0, w * h * 4, 4 * 997))
    dropped = phone.input("Dropped")
    phone.ok("input", "tap", "100", "100")
    assert phone.input("Dropped") == dropped + 2
    phone.ok("input", "keyevent", "WAKEUP")
    assert phone.pixel(360, 900) != (0, 0, 0)


def input_refuses_what_it_cannot_do():
    for bad in ((), ("tap", "1"), ("tap", "a", "b"), ("tap", "nan", "1"), ("keyevent", "KEYCODE_NOPE"), ("roll", "1", "1"), ("motionevent", "FLY", "1", "1"), ("frob",)):
        assert phone.run("input", *bad)[0] == 1, bad
    gestures = phone.input("Gestures")
    phone.ok("input", "swipe", "100", "300", "500", "300", "50")
    assert phone.input("Gestures") == gestures + 1 and phone.input("Pointers down") == 0


def touches_are_shown_when_asked():
    phone.ok("am", "start", "com.ancloud.latency")
    phone.ok("settings", "put", "system", "show_touches", "1")
    phone.ok("input", "motionevent", "DOWN", "300", "1000")
    under = phone.pixel(300, 1000)
    phone.ok("input", "motionevent", "MOVE", "400", "900")
    assert phone.pixel(300, 1000) != under == phone.pixel(400, 900)
    phone.ok("input", "motionevent", "UP", "400", "900")
    assert phone.pixel(400, 900) == phone.pixel(300, 1000)
    phone.ok("settings", "put", "system", "show_touches", "0")
    phone.ok("input", "keyevent", "HOME")


def hostile_packets_harm_nobody():
    noise = random.Random(2)
    for turn in range(40):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.connect(f"{phone.dev}/socket/window")
            for _ in range(50):
                size = noise.choice((0, 3, 8, 12, 16, 40, 60, 216, 220, 300, 5000))
                try:
                    s.send(struct.pack("=II", noise.randrange(24), noise.randrange(2))[:size] + noise.randbytes(max(0, size - 8)))
                except (BrokenPipeError, ConnectionResetError):
                    break
        if turn % 8 == 0:
            phone.ok("wm", "size", "reset")
            phone.ok("wm", "density", "reset")
            for app in ("paint", "notes", "sound"):
                phone.ok("am", "start", f"com.ancloud.{app}")
    phone.ok("wm", "user-rotation", "lock", "0")
    phone.ok("wm", "size", "reset")
    phone.ok("wm", "density", "reset")
    phone.ok("input", "keyevent", "WAKEUP", "HOME")
    assert phone.front() == "com.ancloud.launcher" and phone.screen()[:2] == (720, 1280)


def a_still_screen_sleeps():
    def wakings():
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", open(f"/proc/{phone.proc.pid}/status").read(), re.M).group(1))

    def sleeps_for_a_second():
        before = wakings()
        time.sleep(1)
        return wakings() == before

    phone.ok("am", "start", "com.ancloud.latency")
    phone.screen()
    eventually("a second without anything to do", sleeps_for_a_second)
    phone.ok("input", "keyevent", "HOME")


try:
    status = run_all([
        screencap_writes_png, launcher_opens_apps_and_home_returns, am_refuses_by_name, notes_keeps_every_character, hardware_keys_type,
        latency_flips_and_names_the_touch, motion_counts_sixty_a_second_at_most, pattern_survives_any_size, wm_rotates_and_refuses,
        settings_survive_a_restart, asleep_is_black_and_deaf, input_refuses_what_it_cannot_do, touches_are_shown_when_asked, hostile_packets_harm_nobody, a_still_screen_sleeps])
finally:
    phone.close()
sys.exit(status)
