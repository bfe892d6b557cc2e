"""A local BigQuery server for tests: installed into its own environment, started on free ports.

`python -m tests.emulator.server` (`make emulator`) starts one and leaves it running until Ctrl-C.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from python_processors.contract import PROJECT_ROOT

ENVIRONMENT = PROJECT_ROOT / ".venv-emulator"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
EXTENSIONS = ("ducklake", "icu", "spatial")
START_SECONDS = 60


class EmulatorMissingError(RuntimeError):
    """There is no Python 3.13 to run the emulator with."""

    def __init__(self) -> None:
        super().__init__("no Python 3.13 found (python3.13 on the PATH, or under pyenv): the emulator needs one")


@dataclass
class Emulator:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    grpc_port: int
    folder: Path

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(port: int | None = None) -> Emulator:
    """Install the emulator if need be, start it, and wait until it answers.

    :raises EmulatorMissingError: no Python 3.13.
    """
    python = _install()
    folder = Path(tempfile.mkdtemp(prefix="emulator-"))
    port, grpc_port = port or _free_port(), _free_port()
    command = [str(python), str(Path(__file__).with_name("serve.py")), "serve", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--grpc-port", str(grpc_port), "--data-dir", str(folder / "data")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=_own_home(), cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    emulator = Emulator(process, port, grpc_port, folder)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{emulator.endpoint}/bigquery/v2/projects/local/datasets", timeout=2)
            return emulator
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    said = (folder / "log").read_text()[-2000:]
    emulator.stop()
    raise RuntimeError(f"The emulator did not start: {said}")


def _install() -> Path:
    """Once, whichever test process comes first."""
    with ENVIRONMENT.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _installed()


def _installed() -> Path:
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / ".installed"
    if stamp.exists() and stamp.read_text() == REQUIREMENTS.read_text():
        return python
    base = _python_3_13()
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    subprocess.run([base, "-m", "venv", str(ENVIRONMENT)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)], check=True)
    imports = "; ".join(f"import_extension({name!r})" for name in EXTENSIONS)
    code = f"from duckdb_extensions import import_extension; {imports}"
    subprocess.run([str(python), "-c", code], check=True, env=_own_home())
    stamp.write_text(REQUIREMENTS.read_text())
    return python


def _python_3_13() -> str:
    roots = [Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))) / "versions"]
    candidates = [str(path) for root in roots for path in sorted(root.glob("3.13*/bin/python"))]
    if found := shutil.which("python3.13"):
        candidates.append(found)
    for candidate in candidates:  # a pyenv shim may be on the PATH and refuse
        asked = subprocess.run(
            [candidate, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, check=False
        )
        if asked.stdout.strip() == b"(3, 13)":
            return candidate
    raise EmulatorMissingError


def _own_home() -> dict[str, str]:
    """DuckDB keeps its extensions below HOME: the emulator's are another version than the project's."""
    home = ENVIRONMENT / "home"
    home.mkdir(parents=True, exist_ok=True)
    return os.environ | {"HOME": str(home)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    emulator = start(port=9050)
    print(f"BigQuery emulator on {emulator.endpoint} (Ctrl-C stops it). In another shell:")
    print("  export FULLCOURT_TARGET=emulator; dbt build --vars ...  # after loading raw tables")
    try:
        emulator.process.wait()
    except KeyboardInterrupt:
        emulator.stop()


if __name__ == "__main__":
    main()
