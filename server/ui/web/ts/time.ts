import { lang } from "./dom";

const day = 86_400_000;

function sameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

// <ls-time mode="list|full"><time datetime="…">UTC</time></ls-time> shows the
// time in the browser's zone and keeps the exact one in its title.
class Time extends HTMLElement {
  connectedCallback() {
    const t = this.querySelector("time");
    const at = new Date(t?.dateTime ?? "");
    if (!t || Number.isNaN(at.getTime())) return;
    const now = new Date();
    const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    let options: Intl.DateTimeFormatOptions = clock;
    if (this.getAttribute("mode") === "full") {
      options = { ...clock, year: "numeric", month: "short", day: "numeric" };
    } else if (!sameDay(at, now)) {
      options = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      if (now.getTime() - at.getTime() > 300 * day) options = { year: "numeric", month: "short", day: "numeric" };
    }
    t.textContent = new Intl.DateTimeFormat(lang(), options).format(at);
    t.title = at.toISOString() + "\n" + new Intl.DateTimeFormat(lang(), { dateStyle: "full", timeStyle: "long" }).format(at);
  }
}

customElements.define("ls-time", Time);
