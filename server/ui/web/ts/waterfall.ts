import { Channel, el, msg, throttle } from "./dom";
import { drawRow, percent, rowHeight } from "./row";
import { build, duration, ticks, visible, walk, type Node, type Span } from "./tree";

declare const htmx: {
  ajax(verb: string, url: string, context: Record<string, unknown>): Promise<void>;
};

const overscan = 8;

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
    if (live) {
      const update = throttle(() => this.#update(), 700);
      let opened = false;
      this.#channel = new Channel(live, () => {
        if (opened || this.#data?.running !== false) update();
        opened = true;
      });
    }
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
    this.#marks = ticks(this.#data!.end, Math.max(2, Math.floor(width / 75)));
    this.#axis.replaceChildren(
      ...this.#marks.map((t) => {
        const s = el("span", "", duration(t));
        s.style.left = percent(t, this.#data!.end);
        return s;
      }),
    );
  }

  #draw() {
    const height = this.#scroll.clientHeight;
    const from = Math.max(0, Math.floor(this.#scroll.scrollTop / rowHeight) - overscan);
    const to = Math.min(this.#rows.length, Math.ceil((this.#scroll.scrollTop + height) / rowHeight) + overscan);
    const view = {
      end: this.#data?.end ?? 0,
      marks: this.#marks,
      filtered: this.#filter !== "",
      hits: this.#hits,
      selected: (n: Node) => this.#isSelected(n),
    };
    const wanted = new Set(this.#rows.slice(from, to));
    for (const [n, r] of this.#drawn) {
      if (wanted.has(n)) continue;
      r.remove();
      this.#drawn.delete(n);
    }
    for (let i = from; i < to; i++) {
      const n = this.#rows[i];
      if (this.#drawn.has(n)) continue;
      const r = drawRow(n, i, view);
      this.#drawn.set(n, r);
      this.#space.append(r);
    }
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
