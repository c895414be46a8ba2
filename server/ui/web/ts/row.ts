import { el, icon, msg } from "./dom";
import { duration, type Node, type Span } from "./tree";

export const rowHeight = 32;
const maxGuides = 14; // deeper levels are no longer indented

// View is what all rows of a drawing share.
export interface View {
  end: number; // of the time scale, in milliseconds
  marks: number[];
  filtered: boolean;
  hits: Set<Node>;
  selected(n: Node): boolean;
}

// percent is a place on a time scale that ends at end.
export function percent(ms: number, end: number): string {
  return Math.max(0, Math.min(100, (ms / (end || 1)) * 100)).toFixed(3) + "%";
}

// drawRow makes the element of one row of the tree.
export function drawRow(n: Node, at: number, v: View): HTMLElement {
  const s = n.span;
  const r = el("div", `wf-row kind-${s.k}` + (s.l ? ` level-${s.l}` : ""));
  r.id = "wf-" + at;
  r.dataset.at = String(at);
  r.style.top = at * rowHeight + "px";
  r.setAttribute("role", "treeitem");
  r.setAttribute("aria-level", String(n.depth + 1));
  r.setAttribute("aria-selected", String(v.selected(n)));
  r.setAttribute("aria-setsize", String(n.parent?.kids.length ?? 1));
  r.setAttribute("aria-posinset", String((n.parent?.kids.indexOf(n) ?? 0) + 1));
  if (v.filtered && !v.hits.has(n)) r.classList.add("dim");

  const name = el("div", "wf-name");
  const guides = el("span", "wf-guides");
  guides.style.width = Math.min(n.depth, maxGuides) * 16 + "px";
  name.append(guides);
  if (n.kids.length > 0 && !v.filtered) {
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
  r.append(name, drawTrack(s, v));
  return r;
}

// drawTrack makes the row's part of the timeline: a bar with the wait for the
// first token hatched, or a mark for an event.
function drawTrack(s: Span, v: View): HTMLElement {
  const track = el("div", "wf-track");
  const end = v.end || 1;
  for (const t of v.marks) {
    const line = el("span", "wf-grid");
    line.style.left = percent(t, end);
    track.append(line);
  }
  const length = s.d ?? Math.max(0, end - s.s);
  if (s.k === "event") {
    const dot = el("span", "wf-dot");
    dot.style.left = percent(s.s, end);
    track.append(dot);
    return track;
  }
  const bar = el("span", "wf-bar" + (s.d === undefined ? " running" : ""));
  bar.style.left = percent(s.s, end);
  bar.style.width = percent(length, end);
  if (s.f !== undefined && length > 0) {
    const wait = el("span", "wf-wait");
    wait.style.width = Math.min(100, (s.f / length) * 100).toFixed(2) + "%";
    bar.title = msg("wf.ttft", duration(s.f));
    bar.append(wait);
  }
  const time = el("span", "wf-time", s.t ?? msg("running"));
  if (s.s + length < end * 0.8) {
    time.style.left = percent(s.s + length, end);
  } else if (s.s > end * 0.2) {
    time.classList.add("left");
    time.style.left = percent(s.s, end);
  } else {
    bar.style.top = "17px";
    bar.style.height = "9px";
    time.style.top = "0";
    time.style.left = percent(s.s, end);
    time.style.paddingLeft = "0";
  }
  track.append(bar, time);
  return track;
}
