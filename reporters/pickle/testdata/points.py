# Writes protocolN.pickle, for each protocol of Python's pickle.dumps, beside
# itself. The Go tests read these files, and have the same points.
import os
import pickle

same = "same"
points = [
    ("servers.web1.load", (1700000000, 0.5)),
    ("größe", (1700000001.5, 12)),
    ["listed", [1700000002, -3]],
    ("big", (1700000003, 2**70)),
    ("neg", (1700000004, -(2**40))),
    ("text", ("1700000005", "6.25")),
    ("yes", (1700000006, True)),
    ("t;host=web1", (1700000007, 1e-7)),
    ("back\\slash€", (1700000008, 255)),
    ("short", (1700000009, 65535)),
    (same, (1700000010, 1)),
    (same, (1700000011, 1)),
    ("now", (-1, 0)),
]
here = os.path.dirname(os.path.abspath(__file__))
for protocol in range(6):
    with open(os.path.join(here, "protocol%d.pickle" % protocol), "wb") as f:
        f.write(pickle.dumps(points, protocol=protocol))
