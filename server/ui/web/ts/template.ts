import { el, throttle } from "./dom";

// A variable, as the SDKs read it, or a reference to another prompt.
const parts = /@@@langfusePrompt:name=[^\r\n]+?\|(?:version=\d+|label=[a-z0-9_.-]+)@@@|\{\{[ \t\r\n]*([\p{L}_][\p{L}\p{Nd}\p{M}_.-]*)[ \t\r\n]*\}\}/gu;

// What is longer is not marked: the browser would be busy with each key.
const most = 200_000;

// list shows the names of the variables of all templates of a form.
function list(form: HTMLFormElement) {
  const to = form.querySelector<HTMLElement>("[data-vars-list]");
  const none = form.querySelector<HTMLElement>("[data-vars-none]");
  if (!to || !none) return;
  const names = new Set<string>();
  for (const area of form.querySelectorAll<HTMLTextAreaElement>("ls-template textarea")) {
    const role = area.closest(".edit-message")?.querySelector<HTMLSelectElement>("select")?.value;
    if (role === "placeholder") {
      if (area.value.trim()) names.add(area.value.trim());
      continue;
    }
    for (const m of area.value.matchAll(parts)) if (m[1]) names.add(m[1]);
  }
  to.replaceChildren(...[...names].map((n) => el("code", "var-chip", n)));
  none.hidden = names.size > 0;
}

// <ls-template><textarea></textarea></ls-template> marks the variables of what is written, on a copy of
// the text behind it, and keeps the form's list of them.
class Template extends HTMLElement {
  #back = el("div", "t-back");
  #area?: HTMLTextAreaElement;

  connectedCallback() {
    const area = (this.#area = this.querySelector("textarea") ?? undefined);
    if (!area) return;
    this.#back.setAttribute("aria-hidden", "true");
    this.prepend(this.#back);
    this.toggleAttribute("ready", true);
    area.addEventListener("input", this.#input);
    area.addEventListener("scroll", this.#scroll);
    this.#draw();
  }

  disconnectedCallback() {
    this.#area?.removeEventListener("input", this.#input);
    this.#area?.removeEventListener("scroll", this.#scroll);
    this.#back.remove();
  }

  #draw = () => {
    const text = this.#area?.value ?? "";
    const out: (Node | string)[] = [];
    let at = 0;
    for (const m of text.length > most ? [] : text.matchAll(parts)) {
      out.push(text.slice(at, m.index), el("mark", m[1] ? "" : "r", m[0]));
      at = m.index + m[0].length;
    }
    out.push(text.slice(at) + "\n");
    this.#back.replaceChildren(...out);
    this.#scroll();
    const form = this.closest("form");
    if (form) list(form);
  };

  #input = throttle(this.#draw, 50); // a long prompt takes some milliseconds

  #scroll = () => {
    this.#back.scrollTop = this.#area?.scrollTop ?? 0;
  };
}

customElements.define("ls-template", Template);

document.addEventListener("change", (e) => {
  const t = e.target as HTMLElement;
  const form = t.closest("form");
  if (form && t.matches(".edit-message select")) list(form);
});
