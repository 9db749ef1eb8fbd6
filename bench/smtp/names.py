"""A DNS server for the contestants: python -m bench.smtp.names ZONES.yaml

Answers over UDP on port 53 of an address of loopback from a zone file. Every answer is encoded
once; later only its id is changed, so that it takes little of the machine from what is measured.
"""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from verify.resolver import Answer, Status
from verify.zones import ZoneResolver

ADDRESS = "127.0.0.77"
TTL = 3600


@contextmanager
def names_served(folder: Path, zone: Mapping[str, Any]) -> Iterator[None]:
    """This server as a process of its own, answering from `zone`. Raises RuntimeError where it
    cannot start: two measurements at one time would have one another's answers."""
    zones = folder / "zones.yaml"
    zones.write_text(json.dumps(zone))  # JSON is YAML
    words = ["-m", "bench.smtp.names", str(zones)]
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError(f"no DNS server on {ADDRESS}: does another measurement run?")
        try:
            yield
        finally:
            process.terminate()


def serve(zones: Path) -> None:
    """Answer until killed."""
    resolver = ZoneResolver.from_file(zones)
    known: dict[bytes, bytes] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind((ADDRESS, 53))
        print("serving", flush=True)
        while True:
            question, peer = door.recvfrom(4096)
            answer = known.get(question[2:])
            if answer is None:
                answer = known[question[2:]] = _answer(question, resolver)[2:]
            door.sendto(question[:2] + answer, peer)


def _answer(octets: bytes, resolver: ZoneResolver) -> bytes:
    query = dns.message.from_wire(octets)
    response = dns.message.make_response(query, recursion_available=True)
    question = query.question[0]
    name, rdtype = question.name.to_text(omit_final_dot=True), question.rdtype
    found = asyncio.run(resolver.query(name.lower(), dns.rdatatype.to_text(rdtype)))
    if found.status is Status.NXDOMAIN:
        response.set_rcode(dns.rcode.NXDOMAIN)
    if found.status is Status.OK:
        texts = _texts(found)
        response.answer.append(dns.rrset.from_text_list(question.name, TTL, "IN", rdtype, texts))
    return response.to_wire()


def _texts(found: Answer) -> list[str]:
    texts = []
    for record in found.records:
        if isinstance(record, str):
            texts.append(record + "." if found.rdtype == "PTR" else record)
        elif isinstance(record[0], int):
            texts.append(f"{record[0]} {record[1]}.")
        else:
            text = b"".join(one for one in record if isinstance(one, bytes)).decode("ascii")
            strings = [text[at : at + 250] for at in range(0, len(text), 250)]
            texts.append(" ".join(f'"{one}"' for one in strings))
    return texts


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
