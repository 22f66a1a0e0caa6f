"""What can go wrong on the way out; ``sent`` tells whether the other side may have acted on the request."""


class HttpError(Exception):
    """An outbound call did not give a usable answer.

    ``code`` is stable. ``sent`` is False only when it is certain that nothing reached the other side.
    """

    code = "http_error"

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.message = message
        self.sent = sent


class HttpRefused(HttpError):
    """The target is not one we call: a private address, a strange URL. Nothing was sent."""

    code = "target_refused"

    def __init__(self, message: str) -> None:
        super().__init__(message, sent=False)


class HttpTimeout(HttpError):
    """No answer in time. Once sent, the outcome is unknown."""

    code = "timeout"


class HttpConnectionError(HttpError):
    """The connection could not be made (not sent), or broke (outcome unknown)."""

    code = "connection_failed"


class HttpTooLarge(HttpError):
    """The answer is larger than the caller reads. The other side did act."""

    code = "response_too_large"

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message, sent=True)
        self.status = status
