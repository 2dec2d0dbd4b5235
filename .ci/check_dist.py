"""Check dist/: ``python .ci/check_dist.py FOLDER``, where the folder has some of the same files, built once more.

The files must have the same bytes, and cibuildwheel must be about to build the wheels that a release needs.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

DIST = Path(__file__).parents[1] / "dist"

PYTHONS = ["cp311", "cp312", "cp313", "cp314", "cp314t", "cp315", "cp315t"]
PLATFORMS = {
    "linux": {arch: [f"manylinux_{arch}", f"musllinux_{arch}"] for arch in ("x86_64", "aarch64")},
    "macos": {"x86_64": ["macosx_x86_64"], "arm64": ["macosx_arm64"]},
    "windows": {"AMD64": ["win_amd64"], "ARM64": ["win_arm64"]},
}


def differences(folder: Path) -> list[str]:
    """Return the files in the folder that differ from those in dist/."""
    paths = sorted(folder.iterdir())
    assert paths, f"{folder} is empty"
    return [path.name for path in paths if path.read_bytes() != (DIST / path.name).read_bytes()]


def wrong_wheels() -> list[str]:
    """Return the platforms for which cibuildwheel would build other wheels than a release needs."""
    wrong = []
    for platform, architectures in PLATFORMS.items():
        for architecture, systems in architectures.items():
            command = ["cibuildwheel", "--print-build-identifiers", f"--platform={platform}", f"--archs={architecture}"]
            listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
            if sorted(listed) != sorted(f"{python}-{system}" for python in PYTHONS for system in systems):
                wrong.append(f"{platform}, {architecture}: {' '.join(listed)}")
    return wrong


def main(folder: str) -> int:
    """Check dist/, print the checksum of each file, and return 1 if something is wrong."""
    differing, wrong = differences(Path(folder)), wrong_wheels()
    for name in differing:
        print(f"{name} differs when it is built in another folder")
    for text in wrong:
        print(f"cibuildwheel would build other wheels: {text}")
    for path in sorted(DIST.glob("aldis-*")):
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}  {path.stat().st_size:,} bytes")
    return 1 if differing or wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
