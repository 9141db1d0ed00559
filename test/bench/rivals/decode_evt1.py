"""EVT1 to NDJSON the plain way: the standard library, one record after the other."""

import gzip
import json
import struct
import sys


def main(path):
    with open(path, "rb") as probe:
        opener = gzip.open if probe.read(2) == b"\x1f\x8b" else open
    write = sys.stdout.write
    with opener(path, "rb") as source:
        while True:
            magic = source.read(4)
            if not magic:
                break
            if magic != b"EVT1":
                sys.exit("bad magic")
            (length,) = struct.unpack("<I", source.read(4))
            event = json.loads(source.read(length))
            write(json.dumps(event, separators=(",", ":")) + "\n")


main(sys.argv[1])
