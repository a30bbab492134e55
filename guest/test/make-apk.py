"""Writes an APK to stdout that holds nothing but a binary manifest: make-apk.py PACKAGE VERSION_CODE."""
import io
import struct
import sys
import zipfile

package, version = sys.argv[1], int(sys.argv[2])
strings = ["versionCode", "package", "manifest", package, "http://schemas.android.com/apk/res/android"]


def chunk(kind, head, body):
    return struct.pack("<HHI", kind, 8 + len(head), 8 + len(head) + len(body)) + head + body


def pool():
    data, offsets = b"", b""
    for s in strings:
        offsets += struct.pack("<I", len(data))
        data += struct.pack("<H", len(s)) + s.encode("utf-16-le") + b"\0\0"
    data += b"\0" * (-len(data) % 4)
    return chunk(1, struct.pack("<IIIII", len(strings), 0, 0, 28 + len(offsets), 0), offsets + data)


def attribute(namespace, name, raw, kind, data):
    return struct.pack("<IIIHBBI", namespace, name, raw, 8, 0, kind, data)


NONE = 0xFFFFFFFF
attributes = attribute(4, 0, NONE, 0x10, version) + attribute(NONE, 1, 3, 0x03, 3)
element = struct.pack("<IIHHHHHH", NONE, 2, 20, 20, 2, 0, 0, 0) + attributes
resources = chunk(0x180, b"", struct.pack("<I", 0x0101021B))
manifest = chunk(3, b"", pool() + resources + chunk(0x102, struct.pack("<II", 1, NONE), element))
out = io.BytesIO()
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("AndroidManifest.xml", manifest)
sys.stdout.buffer.write(out.getvalue())
