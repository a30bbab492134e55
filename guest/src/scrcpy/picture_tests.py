"""Bytes of the video socket, and what its pictures show."""
import shutil
import signal
import struct
import subprocess

from phone import eventually, read_pattern
from stage import START, next_session, phone, server


def nal_types(data):
    return [part[0] & 31 for part in data.split(START)[1:]] if data.startswith(START) else []


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
    assert all(b - a >= 100_000 for a, b in zip(times, times[1:])), times
    assert s.video.quiet(0.5)
    s.close()
    phone.ok("input", "keyevent", "HOME")


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


def pictures(s, n):
    """[(kind, pts, payload)] of the next n pictures, however long they take."""
    out = []
    while len(out) < n:
        p = s.video.packet()
        if p[0] in ("key", "delta"):
            out.append(p)
    return out


def check_key_frames(got, interval_us):
    """A picture is a key frame if, and only if, it is the first at or after the interval. The number of key frames."""
    key = None
    for kind, pts, _ in got:
        due = key is None or pts - key >= interval_us
        assert (kind == "key") == due, (kind, pts, key)
        if due:
            key = pts
    return sum(kind == "key" for kind, _, _ in got)


def rate_size_and_key_frames_are_obeyed():
    phone.ok("am", "start", "com.ancloud.motion")
    for fps, n in ((20, 60), (0.3, 4)):
        # No repeats: they are sent for the sake of what is lost, not of what moves, and max_fps does not count them.
        s = server(audio="false", max_fps=str(fps), video_bit_rate="500000", video_codec_options="i-frame-interval:float=0.5,repeat-previous-frame-after:long=0")
        s.video.exactly(4)
        got = pictures(s, n)
        s.close()
        since = [p[1] - got[0][1] for p in got]
        kbit = sum(len(p[2]) for p in got) * 8 / 1000
        keys = check_key_frames(got, 500_000)
        print(f"     max_fps {fps}: {(n - 1) / since[-1] * 1e6:.1f} fps; 500 kb/s: {kbit / n * fps:.0f} kb/s at that rate; {keys} key frames in {since[-1] / 1e6:.1f} s")
        assert all(b > a for a, b in zip(since, since[1:]))
        # Pictures are taken on a beat of 1 / fps, each at most a millisecond before it. A time stamp says when a picture was drawn: it
        # was not there yet when the one before the last was taken. So how busy the machine is cannot bring pictures closer than this.
        assert all(t >= (i - 2) * 1e6 / fps - 1001 for i, t in enumerate(since)), since
        # The bits of a second are shared out over the pictures that may come in one; the first second may have the buffer's too.
        assert fps < 1 or kbit < 500 * n / fps * 1.6, kbit
        assert keys >= 3
    s = server(audio="false", video_bit_rate="500000")
    s.video.exactly(4)
    check_key_frames(pictures(s, 120), 10_000_000)
    s.close()
    phone.ok("input", "keyevent", "HOME")


def pattern_is_read_from_video():
    if not shutil.which("ffmpeg"):
        print("     not checked: no ffmpeg on this machine")
        return
    phone.ok("am", "start", "-S", "-n", "com.ancloud.motion/.MainActivity")
    eventually("Motion is shown", phone.pattern)
    s = server(audio="false", video_bit_rate="500000")
    s.video.exactly(4)
    assert s.video.packet()[0] == "session" and (config := s.video.packet())[0] == "config"
    got = pictures(s, 60)
    # As on a machine that is too busy to draw: nothing new comes, so the last picture is repeated, ten times.
    phone.proc.send_signal(signal.SIGSTOP)
    try:
        while any(b[1] - a[1] < 100_000 for a, b in zip(got[-11:], got[-10:])):
            got += pictures(s, 1)
    finally:
        phone.proc.send_signal(signal.SIGCONT)
    got += pictures(s, 60)
    s.close()
    phone.ok("input", "keyevent", "HOME")
    data = config[2] + b"".join(p[2] for p in got)
    for width, height in ((720, 1280), (180, 320)):
        raw = subprocess.run(["ffmpeg", "-v", "error", "-f", "h264", "-i", "-", "-vf", f"scale={width}:{height}", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
                             input=data, capture_output=True, check=True).stdout
        n = len(raw) // (width * height)
        found = [read_pattern(width, height, raw[i * width * height : (i + 1) * width * height], 1) for i in range(n)]
        good = [f for f in found if f and f[0] == 0xA5]
        print(f"     {width} px wide at 500 kb/s: {len(good)} of {n} pictures read")
        assert n == len(got) and len(good) == n
        # Each picture shows a later frame than the one before, or is the same again because nothing newer came for 100 ms.
        repeats = 0
        for (a, b), (before, now) in zip(zip(good, good[1:]), zip(got, got[1:])):
            assert b[2] > a[2] or (b[2] == a[2] and now[1] - before[1] >= 100_000), (a, b, now[1] - before[1])
            repeats += b[2] == a[2]
        assert repeats >= 1 and good[-1][2] > good[59][2]


TESTS = (
    v4_begins_with_these_bytes,
    v3_begins_with_these_bytes,
    raw_stream_is_nothing_but_h264,
    a_still_screen_is_repeated_ten_times,
    reset_and_rotation_begin_anew,
    sizes_follow_the_release,
    rate_size_and_key_frames_are_obeyed,
    pattern_is_read_from_video,
)
