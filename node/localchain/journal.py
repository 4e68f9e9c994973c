"""The file that a chain is read from again after its process ended, however that was."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Lines of JSON, only ever added to; without a folder it keeps nothing.

    A line that was cut short by the end of the process is dropped at the next start: nobody was told of it, because
    answers leave after `sync`.
    """

    def __init__(self, folder: str | None) -> None:
        self._file = None
        self._is_dirty = False
        self._path = None
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self._path = Path(folder) / "blocks.jsonl"

    def read(self) -> Iterator[dict[str, Any]]:
        """Everything that was written, oldest first; call it to the end before anything is added."""
        if self._path is None:
            return
        whole = 0
        if self._path.exists():
            with self._path.open("rb") as file:
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    yield json.loads(line)
                    whole += len(line)
            os.truncate(self._path, whole)
        self._file = self._path.open("ab")

    def add(self, record: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")
            self._is_dirty = True

    def sync(self) -> None:
        """Everything that was added is on the disk."""
        if self._file is not None and self._is_dirty:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._is_dirty = False

    def close(self) -> None:
        self.sync()
        if self._file is not None:
            self._file.close()
            self._file = None

    def clear(self) -> None:
        """The chain begins anew."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
            self._is_dirty = True
