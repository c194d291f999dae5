// Names for what ipywidgets leaves nameless, and the end of the notice "Starting the lab …".
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
  const nameAll = (root) => {
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

  // Ready: the widgets stand and their pictures are there. Where none come, what the page has is shown after a while.
  const started = () => {
    const cells = document.getElementById("rendered_cells");
    if (!cells || cells.style.display === "none") return false;
    const pictures = [...cells.querySelectorAll("img.widget-image")];
    if (pictures.some((picture) => !picture.naturalWidth)) return false;
    return Boolean(cells.querySelector(".jupyter-widgets, [data-mime-type='application/vnd.jupyter.stderr']"));
  };
  const patience = 15000;
  let loadedAt = Infinity;
  window.addEventListener("load", () => { loadedAt = performance.now(); });
  const check = () => {
    if (started() || performance.now() - loadedAt > patience) document.getElementById("labkit-loading")?.remove();
    else setTimeout(check, 50);
  };
  check();
  // In the page the lab comes first and the notebook's prose after it, whatever their order in the notebook.
  document.addEventListener("DOMContentLoaded", () => {
    for (const cell of document.querySelectorAll("[cell-index]")) if (cell.querySelector(":scope > .jp-MarkdownCell")) cell.parentElement.append(cell);
  });
})();
