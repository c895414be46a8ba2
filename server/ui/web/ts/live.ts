import { Channel, fragment, msg, throttle } from "./dom";

// <ls-live src="…" list="#rows"> keeps a list up to date: on a change it asks
// for the page's rows again and puts in what is new or different. Paused, it
// only counts. Where there is no list yet it loads the page anew once there is.
class Live extends HTMLElement {
  #channel?: Channel;
  #paused = false;
  #busy = false;
  #again = false;
  #changed = throttle(() => void this.#refresh(false), 1000);

  connectedCallback() {
    this.#channel = new Channel(this.getAttribute("src")!, this.#changed, (open) => this.#say(open ? "" : "off"));
    this.addEventListener("click", this.#click);
  }

  disconnectedCallback() {
    this.#channel?.close();
    this.removeEventListener("click", this.#click);
  }

  #click = (e: Event) => {
    const t = e.target as Element;
    if (t.closest("[data-pause]")) {
      this.#paused = !this.#paused;
      this.#say("");
      if (!this.#paused) void this.#refresh(true);
    } else if (t.closest("[data-show]")) {
      void this.#refresh(true);
    }
  };

  #say(problem: string) {
    this.setAttribute("state", problem || (this.#paused ? "paused" : "live"));
    const label = this.querySelector("[data-state]");
    if (label) label.textContent = msg(problem ? "live.off" : this.#paused ? "live.paused" : "live.on");
    const button = this.querySelector("[data-pause]");
    button?.setAttribute("aria-pressed", String(this.#paused));
    button?.setAttribute("aria-label", msg(this.#paused ? "live.resume" : "live.pause"));
    button?.querySelector("use")?.setAttribute("href", this.#paused ? "#i-play" : "#i-pause");
  }

  async #refresh(force: boolean) {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      const doc = await fragment(location.href, "list");
      const fresh = [...doc.querySelectorAll<HTMLElement>("[data-row]")];
      const list = this.getAttribute("list");
      const body = list ? document.querySelector(list) : null;
      if (!body) {
        if (fresh.length > 0) location.reload();
        return;
      }
      const added = fresh.filter((r) => !document.getElementById(r.id));
      if (this.#paused && !force) {
        this.#count(added.length);
        return;
      }
      this.#count(0);
      merge(body, fresh);
    } catch {
      // The channel says when the server is gone; the next change tries again.
    } finally {
      this.#busy = false;
      if (this.#again) {
        this.#again = false;
        this.#changed();
      }
    }
  }

  #count(n: number) {
    const b = this.querySelector<HTMLElement>("[data-show]");
    if (!b) return;
    b.hidden = n === 0;
    b.textContent = msg(n === 1 ? "live.new.one" : "live.new", n);
  }
}

// merge brings the rows of body into the order of fresh, keeping those that did not change.
function merge(body: Element, fresh: HTMLElement[]) {
  let at: Element | null = body.firstElementChild;
  for (const row of fresh) {
    const have = document.getElementById(row.id);
    if (!have) {
      row.classList.add("fresh");
      body.insertBefore(document.adoptNode(row), at);
      continue;
    }
    let keep: Element = have;
    if (have.dataset.row !== row.dataset.row) {
      const cursor = have.classList.contains("cursor");
      keep = document.adoptNode(row);
      keep.classList.toggle("cursor", cursor);
      if (at === have) at = keep;
      have.replaceWith(keep);
    }
    if (at === keep) at = keep.nextElementSibling;
    else body.insertBefore(keep, at);
  }
}

customElements.define("ls-live", Live);
