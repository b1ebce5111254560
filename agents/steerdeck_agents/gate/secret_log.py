"""Keeps secrets out of log records, tracebacks included, whoever wrote them."""

import logging
import sys
import threading
from types import TracebackType

from steerdeck_agents.gate.secret_marks import Redactor


class SecretFilter(logging.Filter):
    """Added to a handler, it cleans every record that handler writes."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through, cleaned."""
        record.msg, record.args = self._redactor.text(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._redactor.text(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redactor.text(record.stack_info)
        return True


def guard_logs(redactor: Redactor) -> None:
    """Have every record of this process cleaned, and errors nobody caught become records."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(SecretFilter(redactor))
    sys.excepthook = _uncaught
    threading.excepthook = lambda end: _uncaught(
        end.exc_type, end.exc_value or end.exc_type(), end.exc_traceback
    )


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("steerdeck").critical("nobody caught this", exc_info=(kind, error, trace))
