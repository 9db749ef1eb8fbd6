"""What an object store says when it cannot do it, as one line with the cure.

Of the server's own words only its code is repeated: they may hold parts of a signed request.
"""

import re

from mail.errors import StoreFull, StoreProblem

_CODE = re.compile(r"<Code>\s*([A-Za-z0-9.]{1,60})\s*</Code>")
_STATUS = re.compile(r"status code: (\d{3})")


def is_missing(error: BaseException) -> bool:
    """Whether this very object is not there; a bucket that is not there is another matter."""
    return isinstance(error, FileNotFoundError) and _code(error) != "NoSuchBucket"


def problem_of(error: BaseException, place: str) -> StoreProblem:
    """What is wrong with the bucket at `place`."""
    code = _code(error)
    words = _WORDS.get(code) or _words_of_text(str(error))
    if words is None:
        words = f"failed ({code or 'without a reason'}): look at the object store's own log"
    kind = StoreFull if code in _FULL else StoreProblem
    return kind(f"The object store {place} {words}")


def _code(error: BaseException) -> str:
    text = str(error)
    found = _CODE.search(text) or _STATUS.search(text)
    return found[1] if found else ""


def _words_of_text(text: str) -> str | None:
    lower = text.lower()
    return next((words for sign, words in _SIGNS if sign in lower), None)


_FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "507"})

_REFUSED = "refuses our key: check store.s3_access_key and store.s3_secret_key"
_NOT_ALLOWED = (
    "does not let us in: allow this key to get, put, delete and list objects under the prefix"
)
_OVERLOADED = "is overloaded or out of order: mail is deferred until it answers again"
_NO_BUCKET = "is not there: make the bucket, or mend store.blobs"
_NO_ROOM = "is full: make room there, or raise its quota"

_WORDS = {
    "NoSuchBucket": _NO_BUCKET,
    "InvalidBucketName": _NO_BUCKET,
    "InvalidAccessKeyId": _REFUSED,
    "SignatureDoesNotMatch": _REFUSED,
    "InvalidToken": _REFUSED,
    "ExpiredToken": "says that our credentials have run out: renew them",
    "AccessDenied": _NOT_ALLOWED,
    "AllAccessDisabled": _NOT_ALLOWED,
    "401": _REFUSED,
    "403": _NOT_ALLOWED,
    "RequestTimeTooSkewed": "says that our clock is wrong: set the clock of this machine (NTP)",
    "PermanentRedirect": "lies in another region: set store.s3_region",
    "AuthorizationHeaderMalformed": "lies in another region: set store.s3_region",
    "IllegalLocationConstraintException": "lies in another region: set store.s3_region",
    "301": "lies in another region: set store.s3_region",
    "NotImplemented": "does not know conditional writes: use one that does",
    "501": "does not know conditional writes: use one that does",
    "SlowDown": _OVERLOADED,
    "ServiceUnavailable": _OVERLOADED,
    "InternalError": _OVERLOADED,
    "500": _OVERLOADED,
    "502": _OVERLOADED,
    "503": _OVERLOADED,
    "504": _OVERLOADED,
    "QuotaExceeded": _NO_ROOM,
    "XMinioStorageFull": _NO_ROOM,
    "507": _NO_ROOM,
    "405": "is no object store: check store.s3_endpoint",
}

_SIGNS = (
    ("kind: timeout", "does not answer in time: check the network, and whether it is overloaded"),
    ("timedout", "does not answer in time: check the network, and whether it is overloaded"),
    ("dns error", "has an address that is not found: check store.s3_endpoint and the DNS"),
    ("certificate", "shows a certificate that is not trusted: check store.s3_endpoint"),
    ("cut short", "stopped in the middle of its answer: check the network"),
    ("request or response body", "stopped in the middle of its answer: check the network"),
    ("incompletemessage", "stopped in the middle of its answer: check the network"),
    ("missing region", "needs a region: set store.s3_region"),
    ("credential", "has no key to let us in with: set store.s3_access_key and _secret_key"),
    ("169.254.169.254", "has no key to let us in with: set store.s3_access_key and _secret_key"),
    ("connect", "cannot be reached: check store.s3_endpoint, the network, and that it runs"),
    (
        "sending request",
        "cannot be reached: check store.s3_endpoint, the network, and that it runs",
    ),
)
