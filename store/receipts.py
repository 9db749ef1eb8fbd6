"""Receipts of erasures: they prove that something was erased without saying again whose it was.

The person is in a receipt as a keyed hash of the address: whoever has the key file and the
address can tell that it is theirs, nobody else can. The whole is signed with a key of the same
file.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from store.secrets import SecretBox

_KIND = "postern-erasure"


def sign(box: SecretBox, address: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """A receipt with these facts. Raises StoreProblem where there is no key."""
    name, key = list(box.receipt_keys().items())[-1]
    receipt = {"kind": _KIND, **facts, "person": _person(key, address), "key": name}
    return receipt | {"signature": _signature(key, receipt)}


def is_genuine(box: SecretBox, receipt: Mapping[str, Any], address: str | None = None) -> bool:
    """Whether we signed exactly this, and, where an address is given, whether it is about it.
    Raises StoreProblem."""
    key = box.receipt_keys().get(str(receipt.get("key")))
    if key is None:
        return False
    signed = {name: value for name, value in receipt.items() if name != "signature"}
    ours = _signature(key, signed).encode()
    if not hmac.compare_digest(ours, str(receipt.get("signature")).encode()):
        return False
    return address is None or receipt.get("person") == _person(key, address)


def _person(key: bytes, address: str) -> str:
    return hmac.digest(key, b"person " + address.encode(), hashlib.sha256).hex()


def _signature(key: bytes, receipt: Mapping[str, Any]) -> str:
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, b"receipt " + text.encode(), hashlib.sha256).hex()
