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
