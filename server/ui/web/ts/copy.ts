import { msg } from "./dom";

// <ls-copy value="…"> or <ls-copy from="#id"> around a button copies text and says so.
class Copy extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#copy);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#copy);
  }

  #copy = async (e: Event) => {
    const button = (e.target as Element).closest("button");
    if (!button) return;
    const from = this.getAttribute("from");
    const text = from ? document.querySelector(from)?.textContent ?? "" : this.getAttribute("value") ?? "";
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Plain HTTP on another host than localhost has no clipboard: select instead.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const use = button.querySelector("use");
    const before = use?.getAttribute("href");
    use?.setAttribute("href", "#i-check");
    this.querySelector("[role=status]")?.remove();
    const said = document.createElement("span");
    said.className = "sr";
    said.setAttribute("role", "status");
    said.textContent = msg("copied");
    this.append(said);
    setTimeout(() => {
      if (before) use?.setAttribute("href", before);
      said.remove();
    }, 1400);
  };
}

customElements.define("ls-copy", Copy);
