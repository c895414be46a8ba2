function typing(t: EventTarget | null): boolean {
  return t instanceof HTMLElement && (t.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName));
}

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-row]")];
}

function move(by: number) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((r) => r.classList.contains("cursor"));
  const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + by));
  all[at]?.classList.remove("cursor");
  all[to].classList.add("cursor");
  all[to].scrollIntoView({ block: "nearest" });
  all[to].querySelector<HTMLElement>("a[data-open]")?.focus({ preventScroll: true });
}

function help(): HTMLDialogElement | null {
  return document.querySelector<HTMLDialogElement>("#help");
}

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
  if (typing(e.target)) {
    if (e.key === "Escape") (e.target as HTMLElement).blur();
    return;
  }
  if (help()?.open) {
    if (e.key === "?") help()?.close();
    return;
  }
  switch (e.key) {
    case "/": {
      const box = document.querySelector<HTMLInputElement>("[data-search]");
      if (!box) return;
      e.preventDefault();
      box.focus();
      box.select();
      return;
    }
    case "?":
      help()?.showModal();
      return;
    case "p":
      document.querySelector<HTMLElement>("[data-pause]")?.click();
      return;
  }
  const wf = document.querySelector("ls-waterfall");
  if (wf) {
    wf.dispatchEvent(new CustomEvent("ls-key", { detail: e }));
    return;
  }
  if (e.key === "j" || e.key === "ArrowDown") {
    if (e.key === "ArrowDown" && !document.querySelector(".cursor")) return;
    e.preventDefault();
    move(1);
  } else if (e.key === "k" || e.key === "ArrowUp") {
    if (e.key === "ArrowUp" && !document.querySelector(".cursor")) return;
    e.preventDefault();
    move(-1);
  } else if (e.key === "Enter" || e.key === "o") {
    const a = document.querySelector<HTMLElement>(".cursor a[data-open]");
    if (a && (e.key === "o" || !(e.target instanceof HTMLAnchorElement))) a.click();
  } else if (e.key === "Escape") {
    document.querySelector(".cursor")?.classList.remove("cursor");
  }
});

document.addEventListener("click", (e) => {
  const t = e.target as Element;
  if (t.closest("[data-help]")) help()?.showModal();
  if (t === help() || t.closest("[data-close]")) help()?.close();
});
