"""Reading the parameters of a call."""

from typing import Any

from .errors import INVALID_PARAMS, RPCError


def _invalid(what: str, value: Any) -> RPCError:
    return RPCError(f"invalid params: {what} is not {value!r:.80}", INVALID_PARAMS)


class Parameters:
    """The list after `params`; what is missing there reads as null."""

    def __init__(self, values: Any) -> None:
        if not isinstance(values, list):
            raise RPCError("invalid params: a list is wanted", INVALID_PARAMS)
        self._values = values

    def __getitem__(self, index: int) -> Any:
        return self._values[index] if index < len(self._values) else None

    def data(self, index: int, size: int | None = None) -> bytes:
        return to_data(self[index], size)

    def quantity(self, index: int) -> int:
        return to_quantity(self[index])


def to_data(value: Any, size: int | None = None) -> bytes:
    try:
        if value[:2] != "0x":
            raise ValueError
        result = bytes.fromhex(value[2:])
    except (TypeError, ValueError) as error:
        raise _invalid("data", value) from error
    if size is not None and len(result) != size:
        raise _invalid(f"data of {size} bytes", value)
    return result


def to_quantity(value: Any) -> int:
    """A number, as JSON's or as hexadecimal text."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    try:
        if value[:2] != "0x":
            raise ValueError
        return int(value[2:], 16)
    except (TypeError, ValueError) as error:
        raise _invalid("a quantity", value) from error
