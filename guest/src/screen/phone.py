"""A phone's screen for the tests: system_server and its tools in a temporary directory, on any Linux machine."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback


# Seconds after which what should happen is taken for broken. Long, so that a machine busy with other things is not.
PATIENCE = 60


def eventually(what, check):
    """Waits until check() is true and returns it; fails with the reason it is not."""
    end = time.monotonic() + PATIENCE
    while True:
        last = check()
        if last:
            return last
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE} s: {what} (last: {last!r})")
        time.sleep(0.01)


class Phone:
    def __init__(self, bin_dir):
        self.bin = bin_dir
        self.dev = tempfile.mkdtemp(prefix="ancloud-screen-")
        os.makedirs(f"{self.dev}/socket")
        os.makedirs(f"{self.dev}/data/system")
        os.environ["ANCLOUD_GUEST_DEV"] = self.dev
        os.environ["ANDROID_DATA"] = f"{self.dev}/data"
        os.environ["TZ"] = "UTC"
        self.start()

    def start(self):
        self.proc = subprocess.Popen([f"{self.bin}/system_server"])
        eventually("system_server answers", lambda: self.proc.poll() is not None or self.run("dumpsys", "window")[0] == 0)
        assert self.proc.poll() is None, "system_server ended"

    def stop(self):
        self.proc.kill()
        self.proc.wait()

    def close(self):
        self.stop()
        shutil.rmtree(self.dev)

    def run(self, *argv):
        """(status, stdout, stderr) of a tool."""
        p = subprocess.run([f"{self.bin}/{argv[0]}", *argv[1:]], capture_output=True, timeout=PATIENCE)
        return p.returncode, p.stdout.decode(), p.stderr.decode()

    def ok(self, *argv):
        status, out, err = self.run(*argv)
        assert status == 0, f"{argv}: {status}: {err}"
        return out

    def screen(self):
        """(width, height, pixels as RGBA bytes) of what is on the screen now."""
        raw = subprocess.run([f"{self.bin}/screencap"], capture_output=True, check=True, timeout=PATIENCE).stdout
        w, h = int.from_bytes(raw[:4], "little"), int.from_bytes(raw[4:8], "little")
        assert len(raw) == 16 + w * h * 4
        return w, h, raw[16:]

    def pixel(self, x, y):
        w, _, px = self.screen()
        return tuple(px[(y * w + x) * 4 : (y * w + x) * 4 + 3])

    def dump(self, service, pattern):
        """First group of pattern in dumpsys of service."""
        out = self.ok("dumpsys", service)
        found = re.search(pattern, out)
        assert found, f"{pattern} not in:\n{out}"
        return found.group(1)

    def input(self, name):
        return int(self.dump("input", rf"{name}: (\d+)"))

    def front(self):
        return self.dump("window", r"mCurrentFocus=Window\{0 u0 ([^/]+)/")

    def note(self):
        """The text in Notes, by way of the clipboard."""
        self.ok("input", "keyevent", "KEYCODE_COPY")
        return self.ok("screen-tools", "cmd", "clipboard", "get")[:-1]

    def pattern(self):
        return read_pattern(*self.screen())


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def read_pattern(w, h, px, channels=4):
    """(kind, aux, value, ms) by PATTERN.md, or None when there is none. Reads the first channel."""
    bits = []
    for row in range(8):
        for col in range(12):
            x = int(w * (0.1 + 0.8 * (col + 0.5) / 12))
            y = int(h * (0.12 + 0.32 * (row + 0.5) / 8))
            bits.append(px[(y * w + x) * channels] > 127)
    data = bytes(sum(bit << (7 - i) for i, bit in enumerate(bits[n * 8 : n * 8 + 8])) for n in range(12))
    if int.from_bytes(data[10:], "big") != crc16(data[:10]):
        return None
    return data[0], data[1], int.from_bytes(data[2:6], "big"), int.from_bytes(data[6:10], "big")


def run_all(tests):
    """Runs functions by name and ends the program."""
    only = sys.argv[2:]
    passed = failed = 0
    for test in tests:
        if only and test.__name__ not in only:
            continue
        try:
            test()
            passed += 1
            print("ok  ", test.__name__, flush=True)
        except Exception:
            failed += 1
            print("FAIL", test.__name__, flush=True)
            traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
