"""A lower as a job sees it: through an overlay at `/workspace`, in bubblewrap."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = """\
set -e
mount -t overlay overlay -o "userxattr,lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/merged"
cd /
exec bwrap --unshare-all --die-with-parent --ro-bind /usr /usr --symlink usr/bin /bin \
  --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp \
  --bind "$2/merged" /workspace --ro-bind "$3" /mirror.git --bind "$2/result" /result.git \
  --clearenv --setenv PATH /usr/bin --setenv HOME /tmp --setenv LC_ALL C \
  --chdir /workspace sh -c "$4"
"""


class Overlay:
    """One job's view of a lower; what it writes stays in its folder."""

    def __init__(self, folder: Path, lower: Path, mirror: Path) -> None:
        self.folder = folder
        self.result = folder / "result"
        self._lower = lower
        self._mirror = mirror
        for name in ("upper", "work", "merged", "result"):
            (folder / name).mkdir(parents=True)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command in the workspace."""
        words = ["unshare", "-Urm", "sh", "-c", SCRIPT, "sh"]
        paths = [str(self._lower), str(self.folder), str(self._mirror)]
        done = subprocess.run(
            [*words, *paths, command],
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
        )
        (self.folder / "work" / "work").chmod(0o700)
        return done

    def says(self, command: str) -> str:
        """Run a shell command that must succeed and return what it wrote."""
        done = self.run(command)
        assert done.returncode == 0, done.stderr
        return done.stdout


def require_overlays() -> None:
    probe = ["unshare", "-Urm", "bwrap", "--ro-bind", "/", "/", "true"]
    if not shutil.which("bwrap") or subprocess.run(probe, check=False).returncode != 0:
        pytest.skip("needs bubblewrap and user namespaces")
