// el makes an element with a class and text. Text from traces reaches the page
// through here as text nodes only.
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  cls = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text) e.textContent = text;
  return e;
}

const svgNS = "http://www.w3.org/2000/svg";

// icon refers to a symbol of the sprite that every page carries.
export function icon(name: string, cls = ""): SVGSVGElement {
  const s = document.createElementNS(svgNS, "svg");
  s.setAttribute("class", "i " + cls);
  s.setAttribute("aria-hidden", "true");
  const u = document.createElementNS(svgNS, "use");
  u.setAttribute("href", "#i-" + name);
  s.append(u);
  return s;
}

let messages: Record<string, string> | undefined;

// msg returns a text of the page's language; {n} in it stands for n.
export function msg(key: string, n?: number | string): string {
  messages ??= JSON.parse(document.body.dataset.messages ?? "{}") as Record<string, string>;
  const text = messages[key] ?? key;
  return n === undefined ? text : text.replace("{n}", typeof n === "number" ? n.toLocaleString(lang()) : n);
}

export function lang(): string {
  return document.documentElement.lang || "en";
}

// throttle runs f at once and then at most every ms milliseconds while asked.
export function throttle(f: () => void, ms: number): () => void {
  let timer = 0;
  let again = false;
  const run = () => {
    if (timer) {
      again = true;
      return;
    }
    f();
    timer = window.setTimeout(() => {
      timer = 0;
      if (again) {
        again = false;
        run();
      }
    }, ms);
  };
  return run;
}

// fragment fetches a part of a page as the server renders it for target.
export async function fragment(url: string, target: string): Promise<Document> {
  const res = await fetch(url, { headers: { "HX-Request": "true", "HX-Target": target }, credentials: "same-origin" });
  if (!res.ok) throw new Error(String(res.status));
  return new DOMParser().parseFromString(await res.text(), "text/html");
}

// Channel is an EventSource that is closed while the page can't be seen, so
// that tabs in the background hold no connection. Opening counts as a change:
// what happened since the page was made, or while it was closed, is not known.
export class Channel {
  #source?: EventSource;
  #url: string;
  #onChange: () => void;
  #onState: (open: boolean) => void;

  constructor(url: string, onChange: () => void, onState: (open: boolean) => void = () => {}) {
    this.#url = url;
    this.#onChange = onChange;
    this.#onState = onState;
    document.addEventListener("visibilitychange", this.#visible);
    this.#visible();
  }

  #visible = () => {
    if (document.hidden) {
      this.#source?.close();
      this.#source = undefined;
      return;
    }
    if (this.#source) return;
    const s = (this.#source = new EventSource(this.#url));
    s.addEventListener("open", () => {
      this.#onState(true);
      this.#onChange();
    });
    s.addEventListener("error", () => this.#onState(false));
    s.addEventListener("change", () => this.#onChange());
  };

  close() {
    document.removeEventListener("visibilitychange", this.#visible);
    this.#source?.close();
    this.#source = undefined;
  }
}
