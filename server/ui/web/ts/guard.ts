// A form with data-guard is not left by mistake: while it has what isn't saved, it has data-dirty, and
// browsers ask before they go elsewhere.
document.addEventListener("input", (e) => {
  (e.target as Element).closest("form[data-guard]")?.toggleAttribute("data-dirty", true);
});

document.addEventListener("htmx:afterSwap", (e) => {
  (e.target as Element).closest("form[data-guard]")?.toggleAttribute("data-dirty", true);
});

document.addEventListener("submit", (e) => {
  (e.target as Element).toggleAttribute("data-dirty", false);
});

window.addEventListener("beforeunload", (e) => {
  if (document.querySelector("form[data-guard][data-dirty]")) e.preventDefault();
});
