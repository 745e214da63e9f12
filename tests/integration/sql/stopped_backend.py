"""Stops a PostgreSQL backend inside itself: at the entry of a function, by a breakpoint and SIGSTOP.

What a busy machine does once in millions of times, at will: a backend that has taken its timestamp and has not shown
it yet. Needs Linux on x86-64 and the right to trace the server's processes.
"""

import ctypes
import os
import platform
import signal
import struct
import threading
from pathlib import Path

PEEK, POKE, CONT, GETREGS, SETREGS, ATTACH, DETACH = 1, 4, 7, 12, 13, 16, 17
WALL = 0x40000000
RIP = 16
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class CannotTrace(Exception):
    """This machine does not let one process trace another, or is none that this module knows."""


def _ptrace(request: int, pid: int, address: int = 0, data: object = 0) -> int:
    ctypes.set_errno(0)
    result = _libc.ptrace(request, pid, address, data)
    if ctypes.get_errno():
        raise CannotTrace(f"ptrace({request}): {os.strerror(ctypes.get_errno())}")
    return result


def address_of(binary: Path, symbol: str) -> int:
    """Where a function of the program begins in memory: its dynamic symbol. The program is no PIE."""
    data = binary.read_bytes()
    if (
        platform.machine() != "x86_64"
        or data[:5] != b"\x7fELF\x02"
        or struct.unpack_from("<H", data, 16)[0] != 2
    ):
        raise CannotTrace(f"{binary} is not a fixed x86-64 program")
    table, size, count = (struct.unpack_from(f, data, o)[0] for f, o in (("<Q", 40), ("<H", 58), ("<H", 60)))
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + i * size) for i in range(count)]
    for _, kind, _, _, offset, length, link, _, _, entry in sections:
        if kind != 11:  # SHT_DYNSYM
            continue
        names = sections[link][4]
        for at in range(offset, offset + length, entry):
            name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", data, at)
            begin = names + name
            if data[begin : data.index(b"\0", begin)].decode() == symbol:
                return value
    raise CannotTrace(f"{binary} has no symbol {symbol}")


class Trap:
    """A backend that will be stopped at the entry of `symbol`. `caught` waits until it is; `let_go` lets it go on."""

    def __init__(self, pid: int, symbol: str):
        self.pid = pid
        self._set, self._caught = threading.Event(), threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._trace, args=(symbol,), daemon=True)
        self._thread.start()
        self._set.wait(10)
        if self._error:
            raise self._error

    def _trace(self, symbol: str) -> None:
        """All in one thread: the kernel binds a traced process to the thread that attached."""
        try:
            address = address_of(Path(f"/proc/{self.pid}/exe").resolve(), symbol)
            _ptrace(ATTACH, self.pid)
            os.waitpid(self.pid, WALL)
            word = _ptrace(PEEK, self.pid, address)
            _ptrace(POKE, self.pid, address, (word & ~0xFF) | 0xCC)
            _ptrace(CONT, self.pid)
        except (CannotTrace, OSError) as error:
            self._error = CannotTrace(str(error))
            self._set.set()
            return
        self._set.set()
        while True:
            _, status = os.waitpid(self.pid, WALL)
            got = os.WSTOPSIG(status)
            if got == signal.SIGTRAP:
                break
            _ptrace(CONT, self.pid, 0, got)
        registers = (ctypes.c_ulong * 27)()
        _ptrace(GETREGS, self.pid, 0, ctypes.addressof(registers))
        registers[RIP] = address
        _ptrace(SETREGS, self.pid, 0, ctypes.addressof(registers))
        _ptrace(POKE, self.pid, address, word)
        _ptrace(DETACH, self.pid, 0, signal.SIGSTOP)
        self._caught.set()

    def caught(self) -> None:
        assert self._caught.wait(10), "the backend never came to this place"

    def let_go(self) -> None:
        os.kill(self.pid, signal.SIGCONT)
