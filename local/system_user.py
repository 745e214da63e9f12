"""The user that root runs servers as: PostgreSQL refuses to run as root."""

import pwd
import subprocess
from pathlib import Path

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from local.errors import HighwaterError

SYSTEM_USER = "highwater"
SYSTEM_HOME = Path("/var/lib/highwater")


class _BusyError(HighwaterError):
    """Another process holds the lock of the users' file."""


@retry(
    retry=retry_if_exception_type(_BusyError), stop=stop_after_delay(15), wait=wait_fixed(0.2), reraise=True
)
def system_user() -> pwd.struct_passwd:
    """The user; made when missing.

    Raises:
        HighwaterError: there is none and none could be made.
    """
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--home-dir", str(SYSTEM_HOME),
                   "--shell", "/usr/sbin/nologin", SYSTEM_USER]  # fmt: skip
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode not in (0, 9):  # 9: somebody else made it meanwhile
            busy = "lock" in made.stderr  # useradd waits for nobody
            raise (_BusyError if busy else HighwaterError)(
                "PostgreSQL can't be started: it does not run as root and no system user could be made",
                made.stderr.strip(),
                f"Create the user {SYSTEM_USER}, or run as an ordinary user.",
            ) from None
        return pwd.getpwnam(SYSTEM_USER)


def become() -> list[str]:
    """The start of a command line whose program root runs as the system user.

    Not by subprocess's own `user`: with it Python forks, and gRPC's handlers, which run in every fork of a process
    that holds a channel (an engine's, a provider's), can crash there before the program starts.
    """
    user = system_user()
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
