// Pop-up <details data-menu> close on a click elsewhere and on Escape.
document.addEventListener("click", (e) => {
  for (const d of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")) {
    if (!d.contains(e.target as Node)) d.open = false;
  }
});

document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  for (const d of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")) {
    d.open = false;
    d.querySelector("summary")?.focus();
    e.stopImmediatePropagation();
  }
}, true);

// Of tabs that do not all fit, the current one is in sight.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Choices that take effect at once.
document.addEventListener("change", (e) => {
  const t = e.target as HTMLElement;
  if (t.matches("[data-submit]")) (t.closest("form") as HTMLFormElement | null)?.requestSubmit();
});

// Fields that say nothing stay out of the address.
document.addEventListener("htmx:configRequest", (e) => {
  const params = (e as CustomEvent<{ parameters: Record<string, unknown> }>).detail.parameters;
  for (const k of Object.keys(params)) if (params[k] === "") delete params[k];
});

document.addEventListener("htmx:afterSwap", (e) => {
  const target = e.target as HTMLElement;
  if (target.id === "panel") target.scrollTop = 0;
});
