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
// rows, x chooses one, any other leads to what bears it. Never while something is
// typed, which Escape ends, and never with another key, which is the browser's.
if (document.querySelector("[data-keys]")) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") event.target.closest("textarea")?.blur();
    if (event.target.closest("textarea, select, input:not([type=checkbox], [type=radio])")) return;
    const goals = [...document.querySelectorAll("[data-key]")].filter((e) => e.dataset.key === event.key);
    let goal = goals[(goals.indexOf(document.activeElement) + 1) % goals.length];
    if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll("main tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
      const row = document.activeElement.closest("tr");
      const at = rows.findIndex((a) => a.closest("tr") === row);
      goal = event.key === "j" ? rows[at + 1] : rows[at < 0 ? rows.length - 1 : at - 1];
    }
    if (event.key === "x") document.activeElement.closest("tr")?.querySelector("input[type=checkbox]")?.click();
    if (!goal) return;
    event.preventDefault();
    goal.focus();
    if (goal.matches("a[data-key]")) goal.click();
  });
}

// Send a file by itself: its bytes as they are, from where they stand, so that
// a lost connection goes on. Without this the form sends it.
const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
const json = { Accept: "application/json" };
for (const form of document.querySelectorAll("form[data-upload]")) {
  const say = form.dataset;
  const input = form.querySelector("[type=file]");
  const bar = document.createElement("progress");
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  const piece = (file, id, offset) => new Promise((done) => {
    const x = new XMLHttpRequest();
    x.open("PATCH", say.to + id);
    x.setRequestHeader("Accept", "application/json");
    x.setRequestHeader("Upload-Offset", offset);
    x.upload.onprogress = (event) => {
      bar.value = offset + event.loaded;
      const text = say.going.replace("#", String(Math.floor((bar.value / file.size) * 100)));
      if (told.textContent !== text) told.textContent = text;
    };
    x.upload.onload = () => { told.textContent = say.checking; };
    x.onloadend = () => {
      let answer = {};
      try { answer = JSON.parse(x.responseText); } catch { /* no answer of ours */ }
      done({ ok: x.status === 200, lost: x.status === 0 || x.status >= 500, ...answer });
    };
    x.send(file.slice(offset));
  });
  const stands = async (id) => {
    const r = await fetch(say.to + id + "/state", { headers: json });
    return { ok: r.ok, ...(await r.json()) };
  };
  const send = async (file) => {
    const begun = [...document.querySelectorAll("[data-resume]")].find((e) => e.dataset.name === file.name && e.dataset.bytes === String(file.size));
    let is;
    if (begun) {
      is = await stands(begun.dataset.resume);
    } else {
      const r = await fetch(say.upload, { method: "POST", headers: json, body: new URLSearchParams({ name: file.name, size: file.size }) });
      is = { ok: r.ok, ...(await r.json()) };
      if (!r.ok) return is;
    }
    const { id } = is;
    for (let tries = 0; is.state === "received" && tries < 60;) {
      const from = is.offset;
      is = await piece(file, id, from);
      if (is.state !== "received" && !is.lost) break;
      told.textContent = say.lost;
      await wait(Math.min(1000 * 2 ** tries, 15000));
      try { is = await stands(id); } catch { is = { state: "received", offset: from }; }
      tries = is.offset > from ? 0 : tries + 1;
    }
    return is;
  };
  form.addEventListener("submit", async (event) => {
    const file = input.files[0];
    if (!file || form.dataset.sent) return;
    event.preventDefault();
    form.dataset.sent = "1";
    for (const b of form.querySelectorAll("button")) b.setAttribute("aria-disabled", "true");
    bar.max = file.size;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    told.className = "";
    form.append(bar, told);
    let is = {};
    try { is = await send(file); } catch { /* said below */ }
    if (is.ok && is.state !== "received") {
      location.assign(say.back);
      return;
    }
    bar.remove();
    input.before(told); // beside what it is about
    told.className = "error";
    told.setAttribute("role", "alert");
    told.textContent = is.says || is.detail || say.failed;
    input.setAttribute("aria-invalid", "true");
    delete form.dataset.sent;
    for (const b of form.querySelectorAll("button")) b.removeAttribute("aria-disabled");
  }, true);
}
// A file that is being checked: look again when it was.
const watched = document.querySelector("[data-watch]");
if (watched) {
  (async () => {
    for (let i = 0; i < 40; i++) {
      await wait(3000);
      const r = await fetch(watched.dataset.watch, { headers: json });
      if ((await r.json()).state !== "checking") return location.reload();
    }
  })().catch(() => {});
}

// A PDF beside the data: a frame that can reach nothing is given the bytes, and
// says how far it is. What it says is taken for numbers and for words of ours.
for (const box of document.querySelectorAll("[data-viewer]")) {
  const say = box.dataset;
  const [toggle, bar, told] = box.children;
  let frame;
  let asked = false;
  let missing = "";
  const tell = (text) => { told.textContent = text; };
  const post = (message, move) => frame.contentWindow.postMessage(message, "*", move);
  const hand = async () => {
    asked = true;
    const r = await fetch(say.file, { headers: json });
    if (!r.ok) return tell((await r.json()).detail);
    const bytes = await r.arrayBuffer();
    post({ bytes, name: say.name, label: say.page }, [bytes]);
  };
  const fail = () => tell(say.failed);
  addEventListener("message", ({ source, data }) => {
    if (!frame || source !== frame.contentWindow) return;
    if (data.is === "ready" && !asked) hand().catch(fail);
    if (["broken", "locked", "failed"].includes(data.is)) {
      frame.hidden = bar.hidden = true;
      tell(say[data.is]);
    }
    if (data.is === "part") missing = ` ${say.part.replace("#", Number(data.page))}`;
    if (data.is === "at") {
      bar.hidden = false;
      tell(say.page.replace("##", Number(data.of)).replace("#", Number(data.page)) + missing);
    }
    if (data.is === "leave") toggle.focus();
  });
  toggle.addEventListener("click", () => {
    const open = toggle.getAttribute("aria-expanded") === "false";
    toggle.setAttribute("aria-expanded", open);
    box.classList.toggle("open", open);
    if (!open || frame) return;
    tell(say.loading);
    frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.title = say.name;
    frame.src = say.viewer;
    frame.addEventListener("load", () => setTimeout(() => asked || fail(), 1000)); // another page than ours
    box.append(frame);
    frame.scrollIntoView({ block: "nearest" });
  });
  bar.addEventListener("click", ({ target }) => post({ go: Number(target.dataset.go), zoom: Number(target.dataset.zoom) }));
  box.hidden = false;
}

// A page of questions saves itself: a second after the last change, and when it
// is left. It counts what it sends, so that nothing late undoes what is newer.
// It is told what it asks now, and what that would cost.
for (const form of document.querySelectorAll("form[data-keeps]")) {
  const say = form.dataset;
  const told = form.querySelector(":scope > [role=status]");
  const hand = crypto.getRandomValues(new Uint32Array(3)).join("-");
  let count = 0;
  let changed = false;
  let over = false;
  let timer;
  let flight;
  const tell = (text) => { if (told.textContent !== text) told.textContent = text; };
  const look = ({ hidden, needed, fee }) => {
    let differs = false;
    for (const q of form.querySelectorAll("[data-question]")) {
      const { question } = q.dataset;
      const hides = hidden.includes(question);
      differs ||= hides !== q.hidden;
      q.hidden = hides;
      const mark = q.querySelector(":scope > .field > .label > .optional, :scope > .field > fieldset > legend > .optional");
      if (mark) mark.hidden = needed.includes(question);
    }
    const cost = form.querySelector("[data-fee]");
    if (cost.textContent !== fee) cost.textContent = fee;
    return differs;
  };
  const later = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(keep, ms);
  };
  const keep = async (leaving) => {
    clearTimeout(timer);
    if (!changed || over || say.sent) return;
    changed = false;
    flight?.abort();
    const { signal } = flight = new AbortController();
    try {
      const r = await fetch(form.getAttribute("action"), { method: "POST", headers: json, body: new URLSearchParams(new FormData(form)), keepalive: leaving === true, signal });
      const is = await r.json();
      if (signal.aborted) return;
      if (r.ok) {
        if (is.draft) form.elements._draft.value = is.draft;
        tell(look(is) ? `${is.says}. ${say.asks}` : is.says);
        return;
      }
      if (r.status >= 500) throw new Error();
      over = r.status === 409;
      changed = !over;
      tell(r.status === 401 ? say.ended : `${say.failed} ${is.detail}`);
    } catch {
      if (signal.aborted) return;
      changed = true;
      tell(say.lost);
      later(10000);
    }
  };
  form.addEventListener("formdata", (event) => event.formData.set("_hand", `${hand}.${++count}`));
  form.addEventListener("input", ({ target }) => {
    changed = true;
    later(target.matches("select, [type=radio], [type=checkbox]") ? 300 : 1000);
  });
  addEventListener("pagehide", () => keep(true));
}

// Passkeys: a form that an authenticator fills in, shown where that works.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const make = form.dataset.passkey === "create";
  const read = make ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  if (!window.PublicKeyCredential?.[read]) continue;
  form.hidden = false;
  form.nextElementSibling.hidden = true;
  const failed = form.querySelector("[role=status] p");
  form.addEventListener("submit", async (event) => {
    if (form.elements.passkey.value) return;
    event.preventDefault();
    failed.hidden = true;
    try {
      const publicKey = PublicKeyCredential[read](JSON.parse(form.dataset.options));
      form.elements.passkey.value = JSON.stringify(await navigator.credentials[make ? "create" : "get"]({ publicKey }));
      form.requestSubmit();
    } catch {
      failed.hidden = false;
    }
  });
}

// Tell how long a page was open, where that was allowed: its name, and nothing
// about who read it.
const measured = document.documentElement.dataset.measure;
if (measured) {
  let since = performance.now();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && since) {
      navigator.sendBeacon("/measure", `${document.documentElement.lang} ${Math.round((performance.now() - since) / 1000)} ${measured}`);
      since = 0;
    }
  });
}
