"""Maps each error to its HTTP status and its response body."""

from __future__ import annotations

from http import HTTPStatus

from tornado.web import HTTPError

from jupyter_batch.errors import BatchError
from jupyter_batch.wire.responses import ErrorBody

#: From the ``code`` of an error of ours to the status. A test pins that none is missing.
STATUS = {
    "error": HTTPStatus.INTERNAL_SERVER_ERROR,
    "bad_request": HTTPStatus.BAD_REQUEST,
    "invalid_parameters": HTTPStatus.BAD_REQUEST,
    "invalid_notebook": HTTPStatus.BAD_REQUEST,
    "unknown_kernel": HTTPStatus.BAD_REQUEST,
    "invalid_schedule": HTTPStatus.BAD_REQUEST,
    "invalid_query": HTTPStatus.BAD_REQUEST,
    # The caller can ask for less, or for more time.
    "query_stopped": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "not_allowed": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "conflict": HTTPStatus.CONFLICT,
    "executor_error": HTTPStatus.INTERNAL_SERVER_ERROR,
    "engine_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    # The caller has named the image, so the caller can mend it.
    "image_not_found": HTTPStatus.BAD_REQUEST,
    "image_unusable": HTTPStatus.BAD_REQUEST,
    "attempt_gone": HTTPStatus.CONFLICT,
    "record_refused": HTTPStatus.INTERNAL_SERVER_ERROR,
    "store_error": HTTPStatus.INTERNAL_SERVER_ERROR,
    "store_locked": HTTPStatus.SERVICE_UNAVAILABLE,
    "store_held": HTTPStatus.SERVICE_UNAVAILABLE,
    "store_closed": HTTPStatus.SERVICE_UNAVAILABLE,
    "store_damaged": HTTPStatus.INTERNAL_SERVER_ERROR,
    "store_full": HTTPStatus.INSUFFICIENT_STORAGE,
    "not_serving": HTTPStatus.SERVICE_UNAVAILABLE,
    "owner_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    # Raised by the Python API only.
    "unsafe_path": HTTPStatus.BAD_REQUEST,
    "unknown_option": HTTPStatus.BAD_REQUEST,
    "wait_timeout": HTTPStatus.INTERNAL_SERVER_ERROR,
    "items_failed": HTTPStatus.INTERNAL_SERVER_ERROR,
    "run_failed": HTTPStatus.INTERNAL_SERVER_ERROR,
}

#: Codes of the refusals of tornado and jupyter_server.
_REFUSED = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.UNAUTHORIZED: "unauthenticated",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
}


def answer_of(
    error: BaseException, *, log_id: str, known_user: bool = True
) -> tuple[HTTPStatus, ErrorBody]:
    """Returns status and body; an internal error is only named by its id in the log."""
    if isinstance(error, BatchError):
        body = ErrorBody(code=error.code, message=error.message, details=error.details)
        return STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR), body
    if isinstance(error, HTTPError) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _refusal(error, known_user=known_user)
    return HTTPStatus.INTERNAL_SERVER_ERROR, ErrorBody(
        code="internal_error",
        message=f"something went wrong in the server; its log tells it under {log_id}",
        details={"log_id": log_id},
    )


def _refusal(error: HTTPError, *, known_user: bool) -> tuple[HTTPStatus, ErrorBody]:
    status = HTTPStatus(error.status_code)
    # jupyter_server answers 403 also to unknown users.
    if status == HTTPStatus.FORBIDDEN and not known_user:
        return status, ErrorBody(
            code="unauthenticated", message="log in, or send a token of this server"
        )
    message = error.log_message
    if message and error.args:
        message = message % error.args
    code = _REFUSED.get(status, "bad_request")
    return status, ErrorBody(code=code, message=message or status.phrase)
