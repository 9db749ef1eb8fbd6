"""What tests in a real browser share: how it is started, what it complains about, and questions to
a page about what people need of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, ViewportSize, expect

from web.caller import COOKIE

if TYPE_CHECKING:
    from tests.web.conftest import Site

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # in a container it may be smaller than a page
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 360, "height": 740}
PATIENCE = 60_000.0
"""Milliseconds that a page may take to become what is expected; a loaded machine is slow, and
Playwright's own five seconds are not enough on one."""
expect.set_options(timeout=PATIENCE)


class Complaints:
    """What the browser complained about: scripts that failed, content that a policy blocked."""

    def __init__(self, context: BrowserContext) -> None:
        self.lines: list[str] = []
        context.on("console", self._note)
        context.on("weberror", lambda error: self.lines.append(str(error.error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.lines.append(f"{message.text} at {message.location.get('url')}")


def signed_in(context: BrowserContext, site: "Site", role: str = "admin") -> Page:
    """A page of somebody with this role, who is signed in."""
    secret = site.signed_in(role).cookies[COOKIE]
    context.add_cookies([{"name": COOKIE, "value": secret, "url": site.url}])
    return context.new_page()


Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def looks(page: Page, *viewports: ViewportSize) -> Iterator[tuple[str, int]]:
    """A page that is there already, by day and by night on screens of these sizes; its styles ask
    for nothing that would take another visit. Nothing may be moving: `reduced_motion`."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for viewport in viewports:
            page.set_viewport_size(viewport)
            yield scheme, viewport["width"]


CONTRAST = """
() => {
  const rgb = (text) => {
    const parts = text.match(/[\\d.]+/g).map(Number);
    return { r: parts[0], g: parts[1], b: parts[2], a: parts.length > 3 ? parts[3] : 1 };
  };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => {
      v /= 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = rgb(getComputedStyle(at).backgroundColor);
      if (found.a === 1) return found;
    }
    return { r: 255, g: 255, b: 255 };
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (element.closest("option, .hidden, script")) continue;
    const [a, b] = [rgb(getComputedStyle(element).color), behind(element)].map(light);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${walker.currentNode.textContent.trim()}`);
  }
  return bad;
}
"""


NAMELESS = """
() => [...document.querySelectorAll("a, button, summary, input, select, iframe")]
  .filter((element) => element.type !== "hidden" && !element.hidden && element.checkVisibility())
  .filter((element) => {
    const label = element.labels && element.labels.length ? element.labels[0].textContent : "";
    const words = element.getAttribute("aria-label") || element.title || label
      || element.textContent;
    return !words.trim();
  })
  .map((element) => element.outerHTML.slice(0, 120))
"""
