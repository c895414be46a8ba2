import { el, icon, msg } from "./dom";

const chunk = 100; // children shown at once
const longString = 600; // characters shown of a string before "more"

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function literal(v: Json): HTMLElement {
  if (typeof v === "number") return el("span", "j-num", String(v));
  return el("span", "j-lit", String(v));
}

function text(s: string): HTMLElement {
  const span = el("span", "j-str");
  if (s.length <= longString) {
    span.textContent = JSON.stringify(s);
    return span;
  }
  span.textContent = JSON.stringify(s.slice(0, longString)).slice(0, -1) + "…";
  const more = el("button", "j-more", msg("json.more", s.length - longString));
  more.type = "button";
  more.addEventListener("click", () => {
    span.textContent = JSON.stringify(s);
    more.remove();
  });
  const both = el("span");
  both.append(span, more);
  return both;
}

function entries(v: Json[] | { [key: string]: Json }): [string | null, Json][] {
  return Array.isArray(v) ? v.map((x) => [null, x]) : Object.entries(v);
}

function row(key: string | null, v: Json, depth: number, comma: boolean): HTMLElement {
  const r = el("div", "j-row");
  const head = el("span");
  if (key !== null) head.append(el("span", "j-key", JSON.stringify(key)), ": ");
  r.append(head);
  const end = comma ? "," : "";
  if (v === null || typeof v !== "object") {
    head.append(typeof v === "string" ? text(v) : literal(v), end);
    return r;
  }
  const kids = entries(v);
  const [open, close] = Array.isArray(v) ? ["[", "]"] : ["{", "}"];
  if (kids.length === 0) {
    head.append(open + close + end);
    return r;
  }
  const twist = el("button", "j-twist");
  twist.type = "button";
  twist.append(icon("chevron"));
  twist.setAttribute("aria-label", msg("json.toggle"));
  const folded = el("span", "j-mut", ` ${msg("json.items", kids.length)} `);
  const tail = el("span", "", close + end);
  const body = el("div");
  const foot = el("div", "", close + end);
  head.append(open, folded, tail);
  r.prepend(twist);
  r.append(body, foot);
  let shown = 0;
  const grow = () => {
    const upto = Math.min(kids.length, shown + chunk);
    for (; shown < upto; shown++) body.append(row(kids[shown][0], kids[shown][1], depth + 1, shown < kids.length - 1));
    if (shown < kids.length) {
      const more = el("button", "j-more", msg("json.more", kids.length - shown));
      more.type = "button";
      more.addEventListener("click", () => {
        more.remove();
        grow();
      });
      body.append(more);
    }
  };
  const set = (on: boolean) => {
    twist.setAttribute("aria-expanded", String(on));
    folded.hidden = tail.hidden = on;
    body.hidden = foot.hidden = !on;
    if (on && shown === 0) grow();
  };
  twist.addEventListener("click", () => set(body.hidden));
  set(depth < 2 && kids.length <= chunk);
  return r;
}

// <ls-json><pre>{…}</pre></ls-json> turns raw JSON into a tree that can be
// folded. Text that is no JSON stays as it is.
class JsonView extends HTMLElement {
  connectedCallback() {
    const pre = this.querySelector(":scope > pre");
    if (!pre) return;
    let value: Json;
    try {
      value = JSON.parse(pre.textContent ?? "") as Json;
    } catch {
      return;
    }
    if (typeof value === "string") {
      pre.textContent = value;
      return;
    }
    this.replaceChildren(row(null, value, 0, false));
  }
}

customElements.define("ls-json", JsonView);
