"""What the tests need of a scrcpy client: starts a server, speaks both dialects, checks every byte it is told to expect."""
import os
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../screen"))
from phone import PATIENCE, eventually

H264, OPUS, RAW = 0x68323634, 0x6F707573, 0x00726177


class Stream:
    """One socket, read exactly; a read that takes longer than PATIENCE fails."""

    def __init__(self, sock, v4):
        self.sock, self.v4 = sock, v4
        sock.settimeout(PATIENCE)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            part = self.sock.recv(n - len(data))
            if not part:
                raise EOFError(f"closed after {len(data)} of {n} bytes")
            data += part
        return data

    def packet(self):
        """('session', flags, w, h) or ('config' | 'key' | 'delta', pts, payload)."""
        head = self.exactly(12)
        value, size = struct.unpack(">QI", head)
        if self.v4 and value >> 63:
            flags, w, h = struct.unpack(">III", head)
            return ("session", flags, w, h)
        config = 62 if self.v4 else 63
        kind = "config" if value >> config & 1 else "key" if value >> (config - 1) & 1 else "delta"
        return (kind, value & ((1 << (config - 1)) - 1), self.exactly(size))

    def quiet(self, seconds):
        """True when nothing comes for that long, and the other side is still there."""
        self.sock.settimeout(seconds)
        try:
            if self.sock.recv(1, socket.MSG_PEEK) == b"":
                raise EOFError("closed instead of quiet")
            return False
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(PATIENCE)


class Server:
    """One app_process and the sockets to it. Options are scrcpy's."""

    serial = 0x100

    def __init__(self, bin_dir, version="4.1", jar=None, expect_sockets=True, java=(), **options):
        Server.serial += 1
        self.scid = (os.getpid() << 12 | Server.serial) & 0x7FFFFFFF
        self.v4 = version.startswith("4")
        self.jar = jar or os.path.join(os.environ["ANCLOUD_GUEST_DEV"], f"scrcpy-server-{self.scid:x}.jar")
        with open(self.jar, "w") as f:
            f.write("placeholder")
        self.options = {"scid": f"{self.scid:08x}", "log_level": "verbose", "tunnel_forward": "true", **options}
        argv = [os.path.join(bin_dir, "app_process"), *java, "/", "com.genymobile.scrcpy.Server", version]
        argv += [f"{k}={v}" for k, v in self.options.items()]
        self.proc = subprocess.Popen(argv, env={**os.environ, "CLASSPATH": self.jar}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.video = self.audio = self.control = None
        if expect_sockets:
            self.connect()

    def on(self, name):
        return self.options.get(name, "true") == "true"

    def connect(self):
        first = True
        for name in ("video", "audio", "control"):
            if not self.on(name):
                continue
            sock = socket.socket(socket.AF_UNIX)
            eventually(f"scrcpy_{self.scid:08x} accepts", lambda s=sock: self.try_connect(s))
            stream = Stream(sock, self.v4)
            setattr(self, name, stream)
            if first and self.on("send_dummy_byte"):
                assert stream.exactly(1) == b"\0"
            first = False
        stream = self.video or self.audio or self.control
        self.name = stream.exactly(64) if self.on("send_device_meta") else None

    def try_connect(self, sock):
        assert self.proc.poll() is None, self.proc.stdout.read()
        try:
            sock.connect(f"\0scrcpy_{self.scid:08x}")
            return True
        except ConnectionRefusedError:
            return False

    def send(self, data):
        self.control.sock.sendall(data)

    def touch(self, action, pointer, x, y, w, h, pressure=0xFFFF, button=1, buttons=1):
        self.send(struct.pack(">BBQiiHHHII", 2, action, pointer & (1 << 64) - 1, x, y, w, h, pressure, button, buttons))

    def key(self, code, meta=0):
        for action in (0, 1):
            self.send(struct.pack(">BBIII", 0, action, code, 0, meta))

    def text(self, text):
        data = text.encode()
        self.send(struct.pack(">BI", 1, len(data)) + data)

    def start_app(self, name):
        self.send(struct.pack(">BB", 16, len(name.encode())) + name.encode())

    def device_message(self):
        kind = self.control.exactly(1)[0]
        if kind == 0:
            return ("clipboard", self.control.exactly(struct.unpack(">I", self.control.exactly(4))[0]).decode())
        assert kind == 1, kind
        return ("ack", struct.unpack(">Q", self.control.exactly(8))[0])

    def close(self, kill=False):
        """Hangs up (or kills), waits for the end of the server and of its clean-up, which share the output; (exit status, output)."""
        if kill:
            self.proc.send_signal(signal.SIGKILL)
        for stream in (self.video, self.audio, self.control):
            if stream:
                stream.sock.close()
        out = self.proc.communicate(timeout=PATIENCE)[0].decode(errors="replace")
        return self.proc.returncode, out
