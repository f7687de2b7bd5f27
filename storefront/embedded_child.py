"""Starts a command that must never outlive the process which asked for it.

`python -m storefront.embedded_child exec|watch OWNER_PID COMMAND...`, run by `embedded.py`:

- `exec` (Linux) asks the kernel to kill us when our parent ends, and becomes the command.
- `watch` (elsewhere) stays between the two and ends the command when its own standard input, a
  pipe that only the owner holds open, closes. Killing this process itself orphans the command.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Run the command; returns its exit code, or does not return at all."""
    mode, owner, *command = arguments
    if mode == "exec":
        become(command, owner_pid=int(owner))
    return watch(command)


def become(command: list[str], *, owner_pid: int) -> None:
    """Replace this process by `command`, which the kernel kills when the owner ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # The owner may have ended before the kernel knew of our wish.
    if os.getppid() != owner_pid:
        sys.exit("The process that asked for the database has ended.")
    os.execv(command[0], command)  # noqa: S606 - the point is to need no shell


def watch(command: list[str]) -> int:
    """Run `command` until it ends or standard input closes; SIGTERM is handed on."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own arguments

    def kill_with_owner() -> None:
        # Not sys.stdin: its lock would be held at interpreter shutdown.
        while os.read(0, 1024):
            pass
        child.kill()

    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    threading.Thread(target=kill_with_owner, daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
