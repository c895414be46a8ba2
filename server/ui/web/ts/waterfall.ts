import { Channel, el, icon, msg, throttle } from "./dom";
import { build, duration, ticks, visible, walk, type Node, type Span } from "./tree";

declare const htmx: {
  ajax(verb: string, url: string, context: Record<string, unknown>): Promise<void>;
};

const rowHeight = 32;
const overscan = 8;
const maxGuides = 14; // deeper levels are no longer indented

interface Answer {
  trace: Span;
  end: number;
  running: boolean;
  spans: Span[];
}

// <ls-waterfall src="…" live="…"> shows the observations of a trace as a tree
// beside their times. Only the rows in sight are in the page. The selected
// observation is in the address.
class Waterfall extends HTMLElement {
  #data?: Answer;
  #top?: Node;
  #rows: Node[] = [];
  #hits = new Set<Node>();
  #closed = new Set<string>();
  #drawn = new Map<Node, HTMLElement>();
  #selected = "";
  #filter = "";
  #marks: number[] = [];
  #scroll!: HTMLElement;
  #space!: HTMLElement;
  #axis!: HTMLElement;
  #count!: HTMLElement;
  #channel?: Channel;
  #sizes = new ResizeObserver(() => this.#draw());
  #loading = 0;

  connectedCallback() {
    this.#scroll = this.querySelector<HTMLElement>(".wf-scroll")!;
    this.#axis = this.querySelector<HTMLElement>(".wf-ticks")!;
    this.#count = this.querySelector<HTMLElement>(".wf-count")!;
    this.#space = el("div", "wf-space");
    this.#space.setAttribute("role", "presentation");
    this.#scroll.replaceChildren(this.#space);
    this.#selected = new URL(location.href).searchParams.get("observation") ?? "";
    this.#scroll.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.#scroll.addEventListener("click", this.#click);
    this.#scroll.addEventListener("keydown", (e) => {
      if (!e.defaultPrevented) this.#key(e);
    });
    this.addEventListener("ls-key", (e) => this.#key((e as CustomEvent<KeyboardEvent>).detail));
    this.querySelector<HTMLInputElement>("[data-search]")?.addEventListener("input", (e) => {
      this.#filter = (e.target as HTMLInputElement).value.trim().toLowerCase();
      this.#layout();
    });
    this.querySelector("[data-expand]")?.addEventListener("click", () => this.#toggleAll());
    this.querySelector("[data-flat]")?.addEventListener("click", (e) => {
      const flat = this.classList.toggle("flat");
      (e.currentTarget as Element).setAttribute("aria-pressed", String(flat));
    });
    window.addEventListener("popstate", this.#back);
    this.#sizes.observe(this.#scroll);
    void this.#load(true);
    const live = this.getAttribute("live");
    if (live) this.#channel = new Channel(live, throttle(() => this.#update(), 700));
  }

  disconnectedCallback() {
    window.removeEventListener("popstate", this.#back);
    this.#sizes.disconnect();
    this.#channel?.close();
  }

  async #load(first: boolean) {
    const res = await fetch(this.getAttribute("src")!, { credentials: "same-origin" });
    if (!res.ok) return;
    this.#data = (await res.json()) as Answer;
    if (first) this.#foldLarge();
    this.#layout();
    if (first) this.#show(this.#index());
  }

  // A large trace opens with its first levels only.
  #foldLarge() {
    const d = this.#data!;
    if (d.spans.length <= 400) return;
    const top = build(d.trace, d.spans, new Set());
    walk(top, () => true, (n) => {
      if (n.depth >= 2 && n.kids.length > 0) this.#closed.add(n.span.i);
    });
    walk(top, () => true, (n) => {
      if (n.span.i !== this.#selected) return;
      for (let a = n.parent; a; a = a.parent) this.#closed.delete(a.span.i);
    });
  }

  #update() {
    void this.#load(false);
    void htmx.ajax("GET", location.href, { target: "#trace-head", select: "#trace-head", swap: "outerHTML" });
    if (document.querySelector("#panel [data-running]")) this.#open();
  }

  #layout() {
    const d = this.#data;
    if (!d) return;
    this.#top = build(d.trace, d.spans, this.#closed);
    const f = this.#filter;
    const match = f ? (s: Span) => s.n.toLowerCase().includes(f) || s.k.includes(f) || (s.l ?? "").includes(f) : undefined;
    const v = visible(this.#top, match);
    this.#rows = v.nodes;
    this.#hits = v.hits;
    this.#drawn.clear();
    this.#space.replaceChildren();
    this.#space.style.height = this.#rows.length * rowHeight + "px";
    this.#count.textContent = msg("wf.count", d.spans.length);
    if (this.#rows.length === 0) this.#space.append(el("p", "wf-none", msg("wf.none")));
    this.#scale();
    this.#draw();
  }

  #scale() {
    const width = this.#axis.clientWidth;
    this.#marks = ticks(this.#data!.end, Math.max(2, Math.floor(width / 90)));
    this.#axis.replaceChildren(
      ...this.#marks.map((t) => {
        const s = el("span", "", duration(t));
        s.style.left = this.#percent(t);
        return s;
      }),
    );
  }

  #percent(ms: number): string {
    const end = this.#data!.end || 1;
    return Math.max(0, Math.min(100, (ms / end) * 100)).toFixed(3) + "%";
  }

  #draw() {
    const height = this.#scroll.clientHeight;
    const from = Math.max(0, Math.floor(this.#scroll.scrollTop / rowHeight) - overscan);
    const to = Math.min(this.#rows.length, Math.ceil((this.#scroll.scrollTop + height) / rowHeight) + overscan);
    const wanted = new Set(this.#rows.slice(from, to));
    for (const [n, r] of this.#drawn) {
      if (wanted.has(n)) continue;
      r.remove();
      this.#drawn.delete(n);
    }
    for (let i = from; i < to; i++) {
      const n = this.#rows[i];
      if (this.#drawn.has(n)) continue;
      const r = this.#row(n, i);
      this.#drawn.set(n, r);
      this.#space.append(r);
    }
  }

  #row(n: Node, at: number): HTMLElement {
    const s = n.span;
    const r = el("div", `wf-row kind-${s.k}` + (s.l ? ` level-${s.l}` : ""));
    r.id = "wf-" + at;
    r.dataset.at = String(at);
    r.style.top = at * rowHeight + "px";
    r.setAttribute("role", "treeitem");
    r.setAttribute("aria-level", String(n.depth + 1));
    r.setAttribute("aria-selected", String(this.#isSelected(n)));
    r.setAttribute("aria-setsize", String(n.parent?.kids.length ?? 1));
    r.setAttribute("aria-posinset", String((n.parent?.kids.indexOf(n) ?? 0) + 1));
    if (this.#filter && !this.#hits.has(n)) r.classList.add("dim");

    const name = el("div", "wf-name");
    const guides = el("span", "wf-guides");
    guides.style.width = Math.min(n.depth, maxGuides) * 16 + "px";
    name.append(guides);
    if (n.kids.length > 0 && !this.#filter) {
      r.setAttribute("aria-expanded", String(n.open));
      const twist = el("button", "wf-twist");
      twist.type = "button";
      twist.tabIndex = -1;
      twist.setAttribute("aria-label", msg(n.open ? "wf.collapse" : "wf.expand"));
      twist.append(icon("chevron"));
      name.append(twist);
    } else {
      name.append(el("span", "wf-twist"));
    }
    const mark = el("span", "wf-icon");
    mark.title = msg("kind." + s.k);
    mark.append(icon("k-" + s.k));
    const label = el("span", "wf-label", s.n);
    label.title = s.n;
    name.append(mark, label);
    if (s.l === "error" || s.l === "warning") {
      const flag = el("span", "wf-flag");
      flag.title = msg("level." + s.l);
      flag.append(icon(s.l));
      name.append(flag);
    }
    if (s.g) name.append(el("span", "wf-info", s.g));
    r.append(name, this.#track(s));
    return r;
  }

  #track(s: Span): HTMLElement {
    const track = el("div", "wf-track");
    const end = this.#data!.end || 1;
    for (const t of this.#marks) {
      const line = el("span", "wf-grid");
      line.style.left = this.#percent(t);
      track.append(line);
    }
    const length = s.d ?? Math.max(0, end - s.s);
    if (s.k === "event") {
      const dot = el("span", "wf-dot");
      dot.style.left = this.#percent(s.s);
      track.append(dot);
      return track;
    }
    const bar = el("span", "wf-bar" + (s.d === undefined ? " running" : ""));
    bar.style.left = this.#percent(s.s);
    bar.style.width = this.#percent(length);
    if (s.f !== undefined && length > 0) {
      const wait = el("span", "wf-wait");
      wait.style.width = Math.min(100, (s.f / length) * 100).toFixed(2) + "%";
      bar.title = msg("wf.ttft", duration(s.f));
      bar.append(wait);
    }
    const time = el("span", "wf-time", s.t ?? msg("running"));
    if (s.s + length < end * 0.8) {
      time.style.left = this.#percent(s.s + length);
    } else if (s.s > end * 0.2) {
      time.classList.add("left");
      time.style.left = this.#percent(s.s);
    } else {
      bar.style.top = "17px";
      bar.style.height = "9px";
      time.style.top = "0";
      time.style.left = this.#percent(s.s);
      time.style.paddingLeft = "0";
    }
    track.append(bar, time);
    return track;
  }

  #isSelected(n: Node): boolean {
    return this.#selected ? n.span.i === this.#selected : n === this.#top;
  }

  #index(): number {
    return Math.max(0, this.#rows.findIndex((n) => this.#isSelected(n)));
  }

  #show(at: number) {
    const top = at * rowHeight;
    const height = this.#scroll.clientHeight;
    if (top < this.#scroll.scrollTop) this.#scroll.scrollTop = top;
    else if (top + rowHeight > this.#scroll.scrollTop + height) this.#scroll.scrollTop = top + rowHeight - height;
    this.#draw();
    for (const [n, r] of this.#drawn) r.setAttribute("aria-selected", String(this.#isSelected(n)));
    this.#scroll.setAttribute("aria-activedescendant", "wf-" + at);
  }

  #select(n: Node, push: boolean) {
    const id = n === this.#top ? "" : n.span.i;
    if (id === this.#selected) return;
    this.#selected = id;
    const url = new URL(location.href);
    if (id) url.searchParams.set("observation", id);
    else url.searchParams.delete("observation");
    if (push) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
    this.#show(this.#index());
    window.clearTimeout(this.#loading);
    this.#loading = window.setTimeout(() => this.#open(), push ? 0 : 60);
  }

  #open() {
    void htmx.ajax("GET", location.href, { source: this, target: "#panel", swap: "innerHTML" });
  }

  #back = () => {
    const id = new URL(location.href).searchParams.get("observation") ?? "";
    this.#selected = id;
    this.#show(this.#index());
    this.#open();
  };

  #set(n: Node, open: boolean) {
    if (open) this.#closed.delete(n.span.i);
    else this.#closed.add(n.span.i);
    this.#layout();
    this.#show(this.#index());
  }

  #toggleAll() {
    if (this.#closed.size > 0) {
      this.#closed.clear();
    } else if (this.#top) {
      walk(this.#top, () => true, (n) => {
        if (n.depth > 0 && n.kids.length > 0) this.#closed.add(n.span.i);
      });
    }
    this.#layout();
    this.#show(this.#index());
  }

  #click = (e: Event) => {
    const r = (e.target as Element).closest<HTMLElement>(".wf-row");
    const n = r && this.#rows[Number(r.dataset.at)];
    if (!n) return;
    if ((e.target as Element).closest("button.wf-twist")) this.#set(n, !n.open);
    else this.#select(n, true);
    this.#scroll.focus({ preventScroll: true });
  };

  #key(e: KeyboardEvent) {
    const at = this.#index();
    const n = this.#rows[at];
    if (!n || e.ctrlKey || e.metaKey || e.altKey) return;
    const go = (to: number) => this.#select(this.#rows[Math.max(0, Math.min(this.#rows.length - 1, to))], false);
    switch (e.key) {
      case "j": case "ArrowDown": go(at + 1); break;
      case "k": case "ArrowUp": go(at - 1); break;
      case "Home": go(0); break;
      case "End": go(this.#rows.length - 1); break;
      case "PageDown": go(at + 10); break;
      case "PageUp": go(at - 10); break;
      case "l": case "ArrowRight":
        if (n.kids.length === 0) break;
        if (n.open) go(at + 1);
        else this.#set(n, true);
        break;
      case "h": case "ArrowLeft":
        if (n.open && n.kids.length > 0 && n !== this.#top) this.#set(n, false);
        else if (n.parent) go(this.#rows.indexOf(n.parent));
        break;
      case "e": this.#toggleAll(); break;
      case "Enter": document.querySelector<HTMLElement>("#panel")?.focus(); break;
      case "Escape": if (this.#top) this.#select(this.#top, false); break;
      default: return;
    }
    e.preventDefault();
  }
}

customElements.define("ls-waterfall", Waterfall);
