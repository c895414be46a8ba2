// Span is one observation as the server sends it. Times are milliseconds after
// the start of the trace.
export interface Span {
  i: string; // id
  p?: string; // parent's id
  k: string; // kind
  n: string; // name
  l?: string; // level in lower case, if not default
  s: number; // start
  d?: number; // duration; missing while it runs
  f?: number; // time to first token, from its own start
  t?: string; // duration as text
  g?: string; // tokens as text
}

export interface Node {
  span: Span;
  depth: number;
  kids: Node[];
  parent?: Node;
  open: boolean;
}

// build makes a tree of spans under root. Spans whose parent is missing, and
// those that are each other's parents, hang from root: each span appears once.
export function build(root: Span, spans: Span[], closed: Set<string>): Node {
  const top: Node = { span: root, depth: 0, kids: [], open: true };
  const nodes = new Map<string, Node>();
  for (const span of spans) nodes.set(span.i, { span, depth: 1, kids: [], open: !closed.has(span.i) });
  const parentOf = (n: Node) => (n.span.p ? nodes.get(n.span.p) : undefined);
  const loops = cycles(nodes.values(), parentOf);
  for (const n of nodes.values()) {
    const parent = parentOf(n);
    if (parent && !loops.has(n)) {
      n.parent = parent;
      parent.kids.push(n);
    } else {
      n.parent = top;
      top.kids.push(n);
    }
  }
  const stack = [top];
  for (let n = stack.pop(); n; n = stack.pop()) {
    n.kids.sort((a, b) => a.span.s - b.span.s);
    for (const kid of n.kids) {
      kid.depth = n.depth + 1;
      stack.push(kid);
    }
  }
  top.open = !closed.has(root.i);
  return top;
}

// cycles finds the nodes that are their own ancestors, visiting each once.
function cycles(nodes: Iterable<Node>, parentOf: (n: Node) => Node | undefined): Set<Node> {
  const done = new Set<Node>();
  const found = new Set<Node>();
  for (const first of nodes) {
    const way: Node[] = [];
    const onWay = new Set<Node>();
    let n: Node | undefined = first;
    for (; n && !done.has(n) && !onWay.has(n); n = parentOf(n)) {
      onWay.add(n);
      way.push(n);
    }
    if (n && onWay.has(n)) for (const m of way.slice(way.indexOf(n))) found.add(m);
    for (const m of way) done.add(m);
  }
  return found;
}

// visible lists the nodes to be shown, in order: those whose ancestors are
// open, or, with a filter, those that match and their ancestors.
export function visible(top: Node, match?: (s: Span) => boolean): { nodes: Node[]; hits: Set<Node> } {
  const hits = new Set<Node>();
  const keep = new Set<Node>();
  if (match) {
    walk(top, () => true, (n) => {
      if (!match(n.span)) return;
      hits.add(n);
      for (let a: Node | undefined = n; a && !keep.has(a); a = a.parent) keep.add(a);
    });
  }
  const nodes: Node[] = [];
  walk(top, (n) => (match ? true : n.open), (n) => {
    if (!match || keep.has(n)) nodes.push(n);
  });
  return { nodes, hits };
}

export function walk(top: Node, into: (n: Node) => boolean, f: (n: Node) => void) {
  const stack = [top];
  for (let n = stack.pop(); n; n = stack.pop()) {
    f(n);
    if (into(n)) for (let i = n.kids.length - 1; i >= 0; i--) stack.push(n.kids[i]);
  }
}

// ticks returns round places on a scale from 0 to total, at most max of them.
export function ticks(total: number, max: number): number[] {
  if (!(total > 0)) return [0];
  const rough = total / max;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough;
  const out: number[] = [];
  for (let i = 0; i * step <= total * 0.97; i++) out.push(i * step);
  return out;
}

export function duration(ms: number): string {
  if (ms === 0) return "0";
  if (ms < 1) return `${+(ms * 1000).toPrecision(2)}µs`;
  if (ms < 1000) return `${+ms.toPrecision(3)}ms`;
  if (ms < 60_000) return `${+(ms / 1000).toPrecision(3)}s`;
  if (ms < 3_600_000) return `${+(ms / 60_000).toPrecision(3)}m`;
  return `${+(ms / 3_600_000).toPrecision(3)}h`;
}
