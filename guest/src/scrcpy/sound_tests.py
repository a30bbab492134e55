"""Bytes of the audio socket."""
import math
import struct

from phone import PATIENCE, eventually
from stage import phone, server


def opus_goes_on_through_silence():
    s = server(video="false")
    assert s.audio.exactly(4) == b"opus"
    kind, _, head = s.audio.packet()
    assert kind == "config" and head == b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0", head
    packets = [s.audio.packet() for _ in range(25)]
    assert all(b[1] - a[1] == 20000 for a, b in zip(packets, packets[1:]))
    silent = max(len(p[2]) for p in packets[5:])
    s.start_app("com.ancloud.sound")

    # What is not sounded or taken for 170 ms is lost, so on a busy machine one beep may be.
    def beep_is_heard():
        press(s)
        return any(len(s.audio.packet()[2]) > 4 * silent for _ in range(50))

    eventually("a beep is louder than silence", beep_is_heard)
    s.close()


def press(s):
    """A tap on the pad of Sound that is 440 Hz."""
    s.touch(0, 0, 180, 300, 720, 1280)
    s.touch(1, 0, 180, 300, 720, 1280)


def beep():
    """The samples of that pad: 250 ms, 10 ms of it at either end fading, at volume 11 of 15."""
    n, level = 48000 // 4, (11 / 15) ** 2 * 0.3
    return [int(math.sin(2 * math.pi * 440 * i / 48000) * min(1, min(i, n - 1 - i) / 480) * level * 32767) for i in range(n)]


def raw_audio_is_pcm():
    s = server(video="false", audio_codec="raw")
    assert s.audio.exactly(4) == b"\0raw"
    s.start_app("com.ancloud.sound")
    assert all(len(s.audio.packet()[2]) == 3840 for _ in range(5))
    wanted = beep()

    # Where the phone was late there is silence between two samples, and what was late by 170 ms is missing: then this was no whole beep.
    def beep_is_whole():
        press(s)
        at = quiet = 0
        while quiet < 25:
            samples = struct.unpack("<1920h", s.audio.packet()[2])
            assert samples[::2] == samples[1::2], "both channels are the same"
            quiet = 0 if any(samples) else quiet + 1
            for v in samples[::2]:
                if at < len(wanted) and abs(v - wanted[at]) <= 1:
                    at += 1
                elif v:
                    at = len(wanted) + 1
        return at == len(wanted)

    eventually("a beep is whole, sample by sample", beep_is_whole)
    s.close()


def audio_that_cannot_be_is_said_so():
    s = server(video="false", audio_source="mic")
    assert s.audio.exactly(4) == b"\0\0\0\0"
    s.key(3)
    assert s.proc.poll() is None
    s.close()
    s = server(video="false", audio_codec="aac")
    assert s.audio.exactly(4) == b"\0\0\0\1"
    assert s.proc.wait(timeout=PATIENCE) == 0
    s.close()


TESTS = (
    opus_goes_on_through_silence,
    raw_audio_is_pcm,
    audio_that_cannot_be_is_said_so,
)
