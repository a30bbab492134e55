"""Options of the command line, and what comes of bad ones."""
import os
import socket
import subprocess

from client import Server
from phone import PATIENCE, eventually
from stage import BIN, server


def refused(version, want, status=1, **options):
    s = Server(BIN, version, expect_sockets=False, **options)
    out = s.proc.communicate(timeout=PATIENCE)[0].decode()
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
    assert s.proc.wait(timeout=PATIENCE) == 0
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
        listener.settimeout(PATIENCE)
        s = Server(BIN, "4.1", expect_sockets=False, scid=f"{scid:08x}", tunnel_forward="false", audio="false")
        video, control = listener.accept()[0], listener.accept()[0]
        video.settimeout(PATIENCE)
        assert video.recv(64, socket.MSG_WAITALL) == b"ancloud".ljust(64, b"\0") and video.recv(4, socket.MSG_WAITALL) == b"h264"
        control.close()
        assert s.proc.wait(timeout=PATIENCE) == 0
        video.close()
        s.close()


TESTS = (
    bad_values_end_it_and_say_which,
    unknown_keys_only_warn,
    an_unknown_codec_fails_as_android_does,
    the_jar_goes_when_cleanup_is_on,
    reverse_connects_out,
)
