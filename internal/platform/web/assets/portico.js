// Everything works without this module. It only helps.

// Lead to what is wrong.
document.querySelector("[data-focus]")?.focus();

// Send a form once, however often its button is pressed. The button stays
// enabled until the form has left, so that its value is sent too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const b of form.querySelectorAll("button")) b.setAttribute("aria-disabled", "true");
});
// Coming back to a page that was kept makes its forms new.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const b of form.querySelectorAll("button")) b.removeAttribute("aria-disabled");
  }
});

// Count characters while typing: shown at once, said after a pause.
for (const area of document.querySelectorAll("textarea[data-max]")) {
  const shown = document.getElementById(area.id + "-count");
  if (!shown) continue;
  const said = document.createElement("span");
  said.className = "away";
  said.setAttribute("role", "status");
  shown.after(said);
  let pause;
  const count = () => {
    const left = Number(area.dataset.max) - [...area.value].length;
    const text = (left < 0 ? shown.dataset.over : shown.dataset.left).replace("#", String(Math.abs(left)));
    shown.textContent = text;
    shown.classList.toggle("over", left < 0);
    clearTimeout(pause);
    pause = setTimeout(() => { said.textContent = text; }, 1000);
  };
  area.addEventListener("input", count);
  if (area.value) count();
}

// Single keys, on pages of those who turned them on: j and k go through the
// rows, any other leads to what bears it. Never while something is typed, and
// never with another key, which is the browser's.
if (document.querySelector("[data-keys]")) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("textarea, select, input:not([type=checkbox], [type=radio])")) return;
    let goal = [...document.querySelectorAll("[data-key]")].find((e) => e.dataset.key === event.key);
    if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll("main tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
      const row = document.activeElement.closest("tr");
      const at = rows.findIndex((a) => a.closest("tr") === row);
      goal = event.key === "j" ? rows[at + 1] : rows[at < 0 ? rows.length - 1 : at - 1];
    }
    if (!goal) return;
    event.preventDefault();
    goal.focus();
    if (goal.matches("a[data-key]")) goal.click();
  });
}
