"""What the tests of app_process share: a phone's screen, and servers on it."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../screen"))
from client import Server
from phone import Phone

BIN = sys.argv[1]
phone = Phone(BIN)
START = b"\0\0\0\1"


def server(version="4.1", **options):
    return Server(BIN, version, **options)


def next_session(s):
    """(width, height, client_resize) of the next session; its config and key frame are read too."""
    while (p := s.video.packet())[0] != "session":
        pass
    # A display that turns once more before its picture was taken begins one session after another.
    while (after := s.video.packet())[0] == "session":
        p = after
    assert after[0] == "config" and s.video.packet()[0] == "key"
    return p[2], p[3], p[1] & 1
