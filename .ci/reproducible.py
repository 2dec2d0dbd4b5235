"""Repack a source distribution so that it has the same bytes wherever it is built: setuptools does not do this.

``python .ci/reproducible.py FILE.tar.gz`` takes the time for every file from ``SOURCE_DATE_EPOCH``.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import tarfile
from pathlib import Path


def normalized(member: tarfile.TarInfo, time: int) -> tarfile.TarInfo:
    """Drop the owner of a file, and set its time and its mode."""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    member.mtime = time
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def repack(path: Path, time: int) -> None:
    """Sort and normalize the members of an archive, and compress it again."""
    contents = io.BytesIO()
    with tarfile.open(path) as old, tarfile.open(fileobj=contents, mode="w", format=tarfile.GNU_FORMAT) as new:
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            new.addfile(normalized(member, time), old.extractfile(member))
    path.write_bytes(gzip.compress(contents.getvalue(), mtime=time))


if __name__ == "__main__":
    repack(Path(sys.argv[1]), int(os.environ["SOURCE_DATE_EPOCH"]))
