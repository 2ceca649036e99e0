// The document of the frame: it is handed a PDF by the page around it, draws
// its pages as they are scrolled to, and says how far it is. It can reach
// nothing else; what a PDF would do is not done.
import { AnnotationMode, getDocument, PDFWorker } from "./pdf.min.mjs";

const home = new URL(".", import.meta.url);
const main = document.querySelector("main");
const tell = (message) => parent.postMessage(message, home.origin);

const pixels = 2 ** 24; // of a page, at the most
const largest = 2 ** 27; // of a picture in a page
const most = 1000; // pages
const zooms = [0.5, 0.75, 1, 1.5, 2, 3, 4];
let zoom = 2;
const pages = [];

// reader is a worker of this origin, which is nobody's: a blob that leads to
// pdf.js's own, and says when that listens.
const reader = () => new Promise((done, fail) => {
  const from = JSON.stringify(new URL("pdf.worker.min.mjs", home).href);
  const blob = new Blob([`import(${from}).then(() => postMessage(0), () => postMessage(1));`], { type: "text/javascript" });
  const port = new Worker(URL.createObjectURL(blob));
  port.onmessage = ({ data }) => {
    if (data === 0) done(new PDFWorker({ port, verbosity: 0 }));
    if (data === 1) fail(new Error());
  };
  port.onerror = fail;
});

// Page is a page: a box of its size, and its picture while it is near.
class Page {
  constructor(pdf, number, label, size) {
    Object.assign(this, { pdf, number, size });
    this.box = document.createElement("div");
    this.box.className = "page";
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", label);
    this.text = document.createElement("p");
    this.text.dir = "auto";
    this.box.append(this.canvas, this.text);
    main.append(this.box);
    this.fit();
  }

  fit() {
    this.box.style.width = `${zooms[zoom] * 100}%`;
    this.box.style.aspectRatio = `${this.size.width} / ${this.size.height}`;
  }

  async near(is) {
    this.task?.cancel();
    this.wanted = is;
    const turn = this.turn = (this.turn ?? 0) + 1;
    if (!is) {
      this.canvas.width = this.canvas.height = 0;
      this.drawn = 0;
      return;
    }
    const page = await this.pdf.getPage(this.number);
    const whole = page.getViewport({ scale: 1 });
    this.size = whole;
    this.fit();
    if (!this.text.textContent) {
      const { items } = await page.getTextContent();
      this.text.textContent = items.map(({ str, hasEOL }) => (hasEOL ? `${str}\n` : str)).join("");
    }
    if (this.turn !== turn) return;
    const scale = Math.min(this.box.clientWidth * devicePixelRatio / whole.width, Math.sqrt(pixels / (whole.width * whole.height)));
    if (this.drawn === scale) return;
    const viewport = page.getViewport({ scale });
    this.canvas.width = Math.max(1, Math.floor(viewport.width));
    this.canvas.height = Math.max(1, Math.floor(viewport.height));
    this.task = page.render({ canvas: this.canvas, viewport, annotationMode: AnnotationMode.ENABLE });
    await this.task.promise;
    this.drawn = scale;
    this.canvas.dataset.drawn = this.number;
  }
}

const draw = (page, is) => page.near(is).catch((e) => {
  if (e.name !== "RenderingCancelledException") tell({ is: "part", page: page.number });
});

// at is the page in the middle of what is seen.
const at = () => {
  const middle = main.scrollTop + main.clientHeight / 2;
  const i = pages.findLastIndex(({ box }) => box.offsetTop <= middle);
  return Math.max(0, i);
};
let told = -1;
const say = () => {
  if (told === at()) return;
  told = at();
  tell({ is: "at", page: told + 1, of: pages.length });
};

const go = (step) => {
  const to = pages[Math.min(Math.max(at() + step, 0), pages.length - 1)];
  main.scrollTop = to.box.offsetTop - 8;
};

const resize = (step) => {
  const from = zooms[zoom];
  zoom = Math.min(Math.max(zoom + step, 0), zooms.length - 1);
  const top = main.scrollTop;
  for (const page of pages) {
    page.fit();
    if (page.wanted) draw(page, true);
  }
  main.scrollTop = top * zooms[zoom] / from;
};

const open = async ({ bytes, name, label }) => {
  main.setAttribute("aria-label", name);
  const pdf = await getDocument({
    data: new Uint8Array(bytes), worker: await reader(), verbosity: 0,
    enableXfa: false, useWasm: false, wasmUrl: home.href, useWorkerFetch: false, disableWorkerRendering: true, maxImageSize: largest,
  }).promise;
  const first = (await pdf.getPage(1)).getViewport({ scale: 1 });
  for (let n = 1; n <= Math.min(pdf.numPages, most); n++) {
    pages.push(new Page(pdf, n, label.replace("##", pdf.numPages).replace("#", n), first));
  }
  if (pdf.numPages > most) tell({ is: "part", page: most + 1 });
  const seen = new IntersectionObserver((list) => {
    for (const { target, isIntersecting } of list) draw(pages.find(({ box }) => box === target), isIntersecting);
  }, { root: main, rootMargin: "100%" });
  for (const { box } of pages) seen.observe(box);
  main.addEventListener("scroll", say);
  say();
};

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || origin !== home.origin) return;
  if (data.bytes && !pages.length) {
    open(data).catch(({ name }) => tell({ is: { PasswordException: "locked", InvalidPDFException: "broken" }[name] ?? "failed" }));
  }
  if (data.go && pages.length) go(data.go);
  if (data.zoom && pages.length) resize(data.zoom);
});
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const does = { "+": () => resize(1), "-": () => resize(-1), Escape: () => tell({ is: "leave" }) }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
});
tell({ is: "ready" });
