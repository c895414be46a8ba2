const key = "langshark.split";

// <ls-split> has two panes and a .gutter that moves the border between them by
// pointer or arrow keys; the place is kept in this browser.
class Split extends HTMLElement {
  #gutter: HTMLElement | null = null;

  connectedCallback() {
    this.#gutter = this.querySelector(":scope > .gutter");
    this.#set(Number(localStorage.getItem(key)) || 0);
    this.#gutter?.addEventListener("pointerdown", this.#down);
    this.#gutter?.addEventListener("keydown", this.#key);
  }

  disconnectedCallback() {
    this.#gutter?.removeEventListener("pointerdown", this.#down);
    this.#gutter?.removeEventListener("keydown", this.#key);
  }

  #set(percent: number) {
    if (!(percent >= 25 && percent <= 75)) return;
    this.style.setProperty("--split", percent.toFixed(1) + "%");
    this.#gutter?.setAttribute("aria-valuenow", percent.toFixed(0));
    localStorage.setItem(key, percent.toFixed(1));
  }

  #down = (e: PointerEvent) => {
    const gutter = this.#gutter!;
    e.preventDefault();
    gutter.setPointerCapture(e.pointerId);
    const move = (m: PointerEvent) => {
      const box = this.getBoundingClientRect();
      this.#set(((m.clientX - box.left) / box.width) * 100);
    };
    gutter.addEventListener("pointermove", move);
    gutter.addEventListener("lostpointercapture", () => gutter.removeEventListener("pointermove", move), { once: true });
  };

  #key = (e: KeyboardEvent) => {
    const step = e.key === "ArrowLeft" ? -2 : e.key === "ArrowRight" ? 2 : 0;
    if (!step) return;
    e.preventDefault();
    e.stopPropagation();
    this.#set(Number(this.#gutter?.getAttribute("aria-valuenow") ?? 54) + step);
  };
}

customElements.define("ls-split", Split);
