"""What a client sends over standard input, when it is no message: it is mended, or answered.

The SDK passes over such a line in silence, and the client would wait for an answer for ever.
"""

from __future__ import annotations

import json
from contextvars import Context
from types import TracebackType
from typing import TYPE_CHECKING, Any

from anyio import EndOfStream, move_on_after
from mcp.shared.message import SessionMessage
from mcp_types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

if TYPE_CHECKING:
    from mcp.shared._context_streams import ContextReceiveStream, ContextSendStream

_BYTE_ORDER_MARK = "\ufeff"
# Seconds until an answer that the client does not take is given up. A client that reads nothing while it
# writes would wait for us, and we for it. After one such answer, others wait less until one is taken.
_PATIENCE, _SHORT_PATIENCE = 1.0, 0.001


class Incoming:
    """The messages of a stream of the SDK, which is read through it."""

    def __init__(
        self,
        reading: ContextReceiveStream[SessionMessage | Exception],
        writing: ContextSendStream[SessionMessage],
    ) -> None:
        self._reading = reading
        self._writing = writing
        self._patience = _PATIENCE

    @property
    def last_context(self) -> Context | None:
        return self._reading.last_context

    async def receive(self) -> SessionMessage | Exception:
        """The next message. Raises anyio.EndOfStream."""
        while True:
            item = await self._reading.receive()
            if not isinstance(item, ValidationError):
                return item
            mended = _mended(item)
            if isinstance(mended, SessionMessage):
                return mended
            if mended is not None:
                await self._send(mended)

    async def _send(self, answer: JSONRPCError) -> None:
        with move_on_after(self._patience) as sending:
            await self._writing.send(SessionMessage(answer))
        self._patience = _SHORT_PATIENCE if sending.cancelled_caught else _PATIENCE

    def __aiter__(self) -> Incoming:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        await self._reading.aclose()

    async def __aenter__(self) -> Incoming:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


def _mended(error: ValidationError) -> SessionMessage | JSONRPCError | None:
    """The message that was meant, or the answer to it; None for an empty line."""
    inputs = [one["input"] for one in error.errors(include_url=False)]
    held = next((one for one in inputs if isinstance(one, dict) and "id" in one), inputs[0])
    if isinstance(held, str):
        if not held.strip():
            return None
        try:
            # Python takes half of a pair of surrogates, which is what is left of an emoji that a
            # client has cut; the SDK does not.
            held = json.loads(held.removeprefix(_BYTE_ORDER_MARK))
            return SessionMessage(
                jsonrpc_message_adapter.validate_json(
                    json.dumps(held, ensure_ascii=False).encode("utf-8", "replace"), by_name=False
                )
            )
        except ValidationError:
            pass  # it is JSON, but no message
        except (ValueError, RecursionError):
            return _answer(None, PARSE_ERROR, "The line is no JSON that can be read.")
    number = held.get("id") if isinstance(held, dict) else None
    if isinstance(held, dict) and ("result" in held or "error" in held):
        return None  # an answer to nothing, which none is given to
    return _answer(number, INVALID_REQUEST, "The line is no message of JSON-RPC 2.0.")


def _answer(number: Any, code: int, message: str) -> JSONRPCError:
    known = number if isinstance(number, str | int) and not isinstance(number, bool) else None
    if isinstance(known, str):
        known = known.encode("utf-8", "replace").decode()
    return JSONRPCError(jsonrpc="2.0", id=known, error=ErrorData(code=code, message=message))
