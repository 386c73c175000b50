#!/usr/bin/env python3
"""Makes common-passwords.txt, the list of passwords that guessers try first.

Source: `src/passwords.json` (ordered by frequency) of the npm package @zxcvbn-ts/language-common, version and SHA-256
below, MIT licence; see README.md beside this file. Needs Python 3.9 and npm. Run it anywhere: it writes beside itself.
"""

import hashlib
import json
import pathlib
import subprocess
import tarfile
import tempfile

PACKAGE = "@zxcvbn-ts/language-common@4.1.3"
SHA256 = "bf3027c16c069d7877e25dc8751bc819e10e479afcc5ee1a323eb2ab73129ca9"

# Enough that a guesser with 100 tries per account (NIST SP 800-63B-4) never reaches the end of the list.
MOST_COMMON = 20_000
# Shorter than any accepted password, but what is left of one when its decoration is taken off: `love!!!!!!!!!!!`.
SHORT_AMONG = 2_000
SHORT = 4
# Rare, but long enough to pass a minimum length on their own.
LONG = 12

with tempfile.TemporaryDirectory() as folder:
    packed = subprocess.run(
        ["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    tarball = pathlib.Path(folder, packed)
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"{PACKAGE} has SHA-256 {digest}, not {SHA256}")
    with tarfile.open(tarball) as archive:
        by_frequency = [p.lower() for p in json.load(archive.extractfile("package/src/passwords.json"))]

whole = [p for p in by_frequency if len(p) >= 6]
chosen = set(whole[:MOST_COMMON])
chosen |= {p for p in by_frequency[:SHORT_AMONG] if SHORT <= len(p) < 6}
chosen |= {p for p in whole if len(p) >= LONG}
if not all(p.isascii() and p.isprintable() for p in chosen):
    raise SystemExit("the list is expected to be printable ASCII")

# Sorted by byte, which is how the program searches it.
pathlib.Path(__file__).with_name("common-passwords.txt").write_text("\n".join(sorted(chosen)) + "\n", encoding="ascii")
print(len(chosen), "passwords")
