// Names for what ipywidgets leaves nameless, and words for what it takes back silently.
(() => {
  "use strict";
  const set = (element, name, value) => {
    if (element && value && element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  // Selection sliders lack the class that all others have.
  const CONTROL = ".jupyter-widgets, .widget-inline-hbox";
  const textOf = (element) => (element ? element.textContent.replace(/[\s\u200b]+/g, " ").trim() : "");
  const part = (control, selector) => control.querySelector(`:scope > ${selector}, :scope > :not(.jupyter-widgets) ${selector}`);

  // A slider's handle says its value as the readout shows it ("tanh", "0.10"), not as a bare position.
  const sayValue = (control) => set(part(control, ".noUi-handle"), "aria-valuetext", textOf(part(control, ".widget-readout")));

  const nameControl = (control) => {
    // ipywidgets 8.1 shows "null" on hover where no tooltip was given.
    control.querySelectorAll(".widget-label[title=null]").forEach((each) => each.removeAttribute("title"));
    const label = textOf(part(control, ".widget-label"));
    if (!label) return;
    for (const each of control.querySelectorAll(".noUi-handle, select, input, textarea")) set(each, "aria-label", label);
    // The readout of a slider over names is no field to type in, though ipywidgets makes it one.
    if (!control.classList.contains("jupyter-widgets")) set(part(control, ".widget-readout"), "contenteditable", "false");
    const readout = part(control, ".widget-readout[contenteditable=true]");
    if (readout) {
      set(readout, "role", "textbox");
      set(readout, "aria-label", `${label}, value`);
    }
    sayValue(control);
  };

  // The picture that a caption belongs to is the one in the smallest box around both.
  const describePicture = (caption) => {
    let box = caption.parentElement;
    while (box && !box.querySelector("img.widget-image")) box = box.parentElement;
    if (box) set(box.querySelector("img.widget-image"), "alt", textOf(caption));
  };

  const within = (root, selector) => [...(root.matches(selector) ? [root] : []), ...root.querySelectorAll(selector)];
  const PLAY = ["play or pause", "stop"];
  const nameAll = (root) => {
    within(root, ".widget-play").forEach((play) => play.querySelectorAll("button").forEach((each, i) => set(each, "aria-label", PLAY[i])));
    within(root, "img.widget-image").forEach((picture) => sizes.observe(picture));
    within(root, CONTROL).forEach(nameControl);
    // A picture may come after its caption.
    const captions = within(root, "img.widget-image").length ? document.querySelectorAll(".labkit-caption") : within(root, ".labkit-caption");
    captions.forEach(describePicture);
  };

  // Tell the page how many pixels its picture is shown with, so that it draws no more and no fewer.
  const tellPixels = (picture) => {
    const input = picture.closest(".labkit-page")?.querySelector(".labkit-pixels input");
    const width = Math.min(picture.clientWidth, (picture.clientHeight * picture.naturalWidth) / picture.naturalHeight);
    const pixels = Math.round(width * window.devicePixelRatio);
    if (!input || !(pixels > 0) || Math.abs(input.value - pixels) < 2) return;
    input.value = pixels;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  let settled;
  const sizes = new ResizeObserver((entries) => {
    clearTimeout(settled);
    settled = setTimeout(() => entries.forEach((entry) => tellPixels(entry.target)), 150);
  });

  // A new frame changes an attribute of the picture, which is not observed: a frame costs the caption's text alone.
  const onChange = (records) => {
    const captions = new Set(), controls = new Set();
    for (const { type, target, addedNodes } of records) {
      // Widgets get their own classes after they are in the page.
      if (type === "attributes") { if (target.matches(".labkit-caption")) captions.add(target); continue; }
      const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
      if (!element) continue;
      const caption = element.closest(".labkit-caption");
      if (caption) { captions.add(caption); continue; }
      const control = element.closest(CONTROL);
      if (control && element.closest(".widget-readout")) { sayValue(control); continue; }
      if (control && control.querySelector(":scope > .widget-label")) controls.add(control);
      for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) nameAll(node);
    }
    controls.forEach(nameControl);
    captions.forEach(describePicture);
  };
  new MutationObserver(onChange).observe(document.documentElement, {
    childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ["class"],
  });

  // ipywidgets takes back what is no number, and moves one beyond the bounds to them, without a word: say it there.
  const TYPED = ".labkit-control :is(.widget-readout[contenteditable=true], input[type=number])";
  const valueOf = (field) => (field.value ?? field.textContent).trim();
  const silence = (control) => control?.querySelectorAll(":scope > .labkit-refusal").forEach((each) => each.remove());
  const complaint = (field, typed, now) => {
    if (field.validity?.badInput || !typed || isNaN(parseFloat(typed))) return `a number is wanted, got ${typed ? `'${typed}'` : "none"}`;
    const digits = now.split(".")[1]?.length;
    const same = digits ? Number(typed).toFixed(digits) === now : Number(typed) === Number(now);
    return same || field.value !== undefined ? "" : `${typed} cannot be had here, taken as ${now}`;
  };
  const onTyped = (event) => {
    const field = event.target.closest?.(TYPED);
    if (!field || (event.type === "keydown" && event.key !== "Enter")) return;
    const typed = valueOf(field), bad = complaint(field, typed, typed);
    setTimeout(() => {
      const words = bad || complaint(field, typed, valueOf(field)), control = field.closest(".labkit-control");
      if (!words) return;
      silence(control);
      const line = document.createElement("div");
      line.className = "labkit-refusal labkit-error";
      line.setAttribute("role", "alert");
      line.textContent = `${(field.getAttribute("aria-label") ?? "").replace(/, (any )?value$/, "")}: ${words}`;
      control.append(line);
    });
  };
  for (const type of ["keydown", "change", "focusout"]) document.addEventListener(type, onTyped, true);
  for (const type of ["input", "pointerdown"]) document.addEventListener(type, (event) => silence(event.target.closest?.(".labkit-control")), true);

  // ipywidgets keeps a slider's last value back while the one before is answered; a command given meanwhile would overtake
  // it, and Reset would not reset that slider. So the command waits for it.
  const COMMAND = { click: ".labkit-tools button", change: ".labkit-scenes select" };
  const keptBack = async () => {
    const models = await Promise.all(Object.values(window.jupyterapp?.widgetManager?._models ?? {}));
    return models.some((model) => model._msg_buffer && /Slider|Text/.test(model.name));
  };
  let passing = false;
  const holdCommand = async (event) => {
    const command = event.target.closest?.(COMMAND[event.type]);
    if (!command || passing) return;
    document.querySelectorAll(".labkit-control").forEach(silence);  // what was typed there no longer stands there
    event.stopImmediatePropagation();
    const until = performance.now() + 2000;
    while (performance.now() < until && (await keptBack())) await new Promise((resolve) => setTimeout(resolve, 10));
    passing = true;
    command.dispatchEvent(new event.constructor(event.type, { bubbles: true }));
    passing = false;
  };
  for (const type of Object.keys(COMMAND)) document.addEventListener(type, holdCommand, true);

  // Without TLS, as on a school's network, browsers let scripts copy in the old way alone.
  const copyOldWay = (text) => {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.(".labkit-copy");
    if (!button) return;
    const text = button.previousElementSibling.href;
    const done = navigator.clipboard ? await navigator.clipboard.writeText(text).then(() => true, () => copyOldWay(text)) : copyOldWay(text);
    button.textContent = done ? "Copied" : "Not copied: the browser does not allow it";
    setTimeout(() => { button.textContent = "Copy the link"; }, 3000);
  });

  // In the page the lab comes first and the notebook's prose after it, whatever their order in the notebook. The lab has
  // title and question at its head: there the prose need not say them again.
  document.addEventListener("DOMContentLoaded", () => {
    const heading = document.querySelector(".jp-MarkdownCell h1");
    if (heading?.textContent.startsWith(document.title)) {
      if (heading.nextElementSibling?.matches("p:has(> strong)")) heading.nextElementSibling.remove();
      heading.remove();
    }
    for (const cell of document.querySelectorAll("[cell-index]")) if (cell.querySelector(":scope > .jp-MarkdownCell")) cell.parentElement.append(cell);
  });
})();
