// What the pages do beyond links and forms. Without it everything still works: times stay in
// UTC, and a message is marked read by its button.
"use strict";

(function () {
  const language = document.documentElement.lang || "en";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  const styles = {
    time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    day: { day: "numeric", month: "short" },
    day_year: { day: "numeric", month: "short", year: "numeric" },
    stamp: {
      day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    },
    long: {
      day: "numeric", month: "short", year: "numeric",
      hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    },
  };

  // British order for English: the day before the month, as the server writes it.
  const locale = language === "en" ? "en-GB" : language;

  function write(at, style) {
    return new Intl.DateTimeFormat(locale, { timeZone: zone, ...styles[style] }).format(at);
  }

  function styleOf(at, wanted) {
    const now = new Date();
    if (wanted === "stamp" && at.getFullYear() !== now.getFullYear()) return "long";
    if (wanted !== "short") return wanted;
    if (at.toDateString() === now.toDateString()) return "time";
    return at.getFullYear() === now.getFullYear() ? "day" : "day_year";
  }

  function localiseTimes() {
    for (const element of document.querySelectorAll("time[datetime]")) {
      const at = new Date(element.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const inUtc = element.title;
      element.textContent = write(at, styleOf(at, element.dataset.style));
      element.title = `${write(at, "long")} (${zone}) = ${inUtc}`;
    }
    const foot = document.querySelector("[data-zone]");
    if (foot && zone) foot.textContent = foot.dataset.zone.replace("{zone}", zone);
  }

  function markSeen() {
    const message = document.querySelector("[data-mark-seen]");
    const token = document.querySelector("meta[name=csrf]");
    if (!message || !token) return;
    fetch(`/api/v1/messages/${message.dataset.message}`, {
      method: "PATCH",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": token.content },
      body: JSON.stringify({ seen: true }),
    }).then((answer) => {
      // What it says is not needed; unread, it would hold the connection.
      if (answer.body) answer.body.cancel();
      const row = document.querySelector(".row.is-selected");
      if (answer.ok && row) row.classList.remove("is-unread");
    }, () => {});
  }

  function step(forward) {
    const rows = Array.from(document.querySelectorAll(".rows a"));
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    const next = at < 0 ? (forward ? 0 : rows.length - 1) : at + (forward ? 1 : -1);
    if (rows[next]) rows[next].focus();
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const place = event.target;
    if (place.matches("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape") place.blur();
      return;
    }
    if (event.key === "/") {
      const search = document.querySelector("#log-q") || document.querySelector("#q");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
      return;
    }
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (target) { event.preventDefault(); target.click(); return; }
    if (event.key === "j" || event.key === "k") step(event.key === "j");
  }

  // Copying needs a page that came safely; without it the code is marked by one click.
  function offerCopies() {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("[data-copy]")) {
      const source = document.getElementById(button.dataset.copy);
      if (!source) continue;
      const words = button.textContent;
      button.hidden = false;
      button.addEventListener("click", () => {
        navigator.clipboard.writeText(source.textContent).then(() => {
          button.textContent = button.dataset.done;
          setTimeout(() => { button.textContent = words; }, 2000);
        }, () => {});
      });
    }
  }

  // A menu or a question closes when something else is clicked, or with Escape.
  function closeSheets(except) {
    const sheets = ".menu, .search-help, .confirm, .recategorise";
    for (const sheet of document.querySelectorAll(`details:is(${sheets})[open]`)) {
      if (sheet !== except) sheet.open = false;
    }
  }

  localiseTimes();
  markSeen();
  offerCopies();
  document.addEventListener("keydown", onKey);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeSheets(null); });
  document.addEventListener("click", (event) => closeSheets(event.target.closest("details")));
  const selected = document.querySelector(".row.is-selected");
  if (selected) selected.scrollIntoView({ block: "nearest" });
})();
