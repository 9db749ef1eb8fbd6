"""From the refusal on the wire to the page that it names, and to the mended record."""

import re
import time
from pathlib import Path

import httpx

from tests.server import PATIENCE, Server, serving
from tests.stores import store_for
from tests.wire import Wire

ZONE = """
shop.test:
  - TXT: "{spf}"
_dmarc.shop.test:
  - TXT: "v=DMARC1; p=reject"
"""
LETTER = (
    b"From: Li <li@shop.test>\r\nTo: <private@reply.test>\r\nSubject: Between us\r\n"
    b"Message-ID: <secret-7@shop.test>\r\n\r\nNobody else may read this.\r\n"
)


def test_the_address_in_the_refusal_leads_to_the_remedy_which_works(tmp_path: Path) -> None:
    zones = tmp_path / "zones.yaml"
    zones.write_text(ZONE.format(spf="v=spf1 ip4:192.0.2.1 -all"))
    settings = {
        "POSTERN_WEB__PUBLIC_EXPLANATIONS": "true",
        "POSTERN_WEB__PUBLIC_URL": "https://mail.postern.test",
    }
    store_for(tmp_path / "data", {"reply.test": "all"})
    with serving(tmp_path, zones=zones, **settings) as server:
        with Wire(server.smtp_port) as wire:
            wire.say("EHLO client.test")
            reply = wire.deliver("li@shop.test", "final-9@reply.test", LETTER)
        match = re.fullmatch(
            r"550 5\.7\.26 Unauthenticated email from shop\.test .* domain\. Why, and what to do: "
            r"https://mail\.postern\.test(/t/[\w-]{36}) \[([0-9A-Z]{26})\]",
            reply,
        )
        assert match is not None, reply
        path, identifier = match.groups()
        replayed = server.told("verify", "--replay", identifier)
        assert replayed.returncode == 0, replayed.stdout
        base = f"http://127.0.0.1:{server.web_port}"
        with httpx.Client(base_url=base, headers={"accept": "text/html"}, timeout=30) as client:
            page = client.get(path).text
            for secret in ("final-9", "reply.test", "private", "Between us", "secret-7", "Nobody"):
                assert secret not in page
            found = re.search(r"shop\.test\. IN TXT &#34;(v=spf1 ip4:127\.0\.0\.1 .*?)&#34;", page)
            assert found is not None, page
            zones.write_text(ZONE.format(spf=found[1]))
            assert client.post(f"{path}/again").status_code == 303
            page = settled(client, path)
        assert "would be accepted" in page
        assert "ip4:127.0.0.1" in page


def settled(client: httpx.Client, path: str) -> str:
    """The page when the DNS has been asked again."""
    deadline = time.monotonic() + PATIENCE
    while 'http-equiv="refresh"' in (page := client.get(path).text):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return page


def test_without_a_public_address_the_setting_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "postern.toml"
    config.write_text("[web]\npublic_explanations = true\n")
    done = Server(tmp_path).run("check", "--config", str(config))
    assert done.returncode == 2
    assert "public_explanations needs public_url" in done.stderr
    assert "Traceback" not in done.stderr
