"""Fetches axe-core from npm for the browser test of accessibility, and refuses any other bytes than the known ones.

It judges pages in tests only: it is no part of what is served, so it lies in the environment and not in the repository.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

PACKAGE: Final = "axe-core@4.14.1"
DIGEST: Final = (
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
SCRIPT: Final = Path(__file__).resolve().parent.parent / ".venv" / "axe" / f"{PACKAGE}.min.js"


def main() -> int:
    """Writes the script; 0 when it is there or npm is not, which the test then says; 1 when npm cannot fetch it."""
    if SCRIPT.exists():
        return 0
    if shutil.which("npm") is None:
        sys.stderr.write(
            f"npm is not installed, so {PACKAGE} was not fetched and accessibility is not tested.\n"
        )
        return 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            source = fetched(Path(folder))
        except (OSError, ValueError, subprocess.CalledProcessError) as reason:
            sys.stderr.write(f"{PACKAGE} could not be fetched: {getattr(reason, 'stderr', '') or reason}\n")
            return 1
        SCRIPT.parent.mkdir(parents=True, exist_ok=True)
        part = SCRIPT.with_suffix(".part")
        part.write_bytes(source)
        part.replace(SCRIPT)
    return 0


def fetched(folder: Path) -> bytes:
    """The script out of the package, which npm fetches into `folder` from the registry of its own configuration.

    Raises:
        ValueError: the package is not the known one.
    """
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    archive = next(folder.glob("*.tgz"))
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != DIGEST:
        raise ValueError(f"its digest is {found}, not {DIGEST}")
    with tarfile.open(archive) as package:
        member = package.extractfile("package/axe.min.js")
        if member is None:
            raise ValueError("the package holds no axe.min.js")
        return member.read()


if __name__ == "__main__":
    sys.exit(main())
