// The line to the kernel: what a page says when it is slow, lost or at its end, and how it goes on from where it was.
(() => {
  "use strict";
  const RETRY = 3000, PATIENCE = 15000, SLOW = 4000;
  const config = () => JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
  const manager = () => window.jupyterapp?.widgetManager;
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  // A hub answers a script only with the cookie's own word.
  const xsrf = () => /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
  const ask = async (path) => {  // the status of the answer; 0: none
    try {
      const options = { cache: "no-store", headers: { "X-XSRFToken": xsrf() }, signal: AbortSignal.timeout(6000) };
      return (await fetch(`${config().baseUrl}${path}`, options)).status;
    } catch {
      return 0;
    }
  };

  // A page that is left before Voila's own farewell is there ends its kernel itself, or quick reloads fill all places.
  window.addEventListener("pagehide", () => {
    const { baseUrl, kernelId } = config();
    if (!kernelId || manager()?.kernel) return;
    const form = new FormData();
    form.append("_xsrf", xsrf());
    navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`, form);
  });

  // The large scripts may take long to come: until then the server keeps the kernel for those alone who ask for it.
  window.labkit_asks = () => ask(`api/kernels/${config().kernelId}`);

  // A page that a browser kept while it was left has said its farewell: its kernel is gone.
  window.addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });

  // A reload, and the way back from elsewhere, find what was on the page. Browsers count such changes of the address.
  const stateOf = () => document.querySelector("[data-state]")?.dataset.state;
  const keepState = () => {
    let kept = stateOf();
    setInterval(() => {
      const state = stateOf();
      if (!state || state === kept) return;
      kept = state;
      const query = /^v=\d+$/.test(state) ? "" : `?${state}`;  // nothing but its version: the defaults
      history.replaceState(history.state, "", location.pathname + query + location.hash);
    }, 500);
  };

  const SAID = {
    unreached: ["The server does not answer. Trying again …", ""],
    ended: ["This lab has ended. Its last picture can be had again.", "Go on from where I was"],
    stopped: ["Your server was stopped. Your last picture can be had again.", "Start it again"],
    out: ["You are no longer logged in.", "Log in and go on"],
    unopened: ["This lab did not open.", "Try again"],
  };
  const lost = document.getElementById("labkit-lost"), button = lost.querySelector("button");
  let over = false;
  const say = (what) => {
    const [words, way] = SAID[what] ?? ["", ""], said = lost.querySelector("span");
    if (said.textContent !== words) said.textContent = words;
    if (!what && lost.hidden) return;
    lost.hidden = !words;
    button.hidden = !way;
    button.textContent = way;
    if (words) sayBusy("");
  };
  const end = (what) => {
    over = true;
    say(what);
  };
  // Behind a proxy a server that is down answers, too: by the proxy's own page, which knows no way back.
  button.addEventListener("click", async () => {
    while ([0, 502, 503, 504].includes(await ask("health"))) {
      say("unreached");
      await pause(RETRY);
    }
    const state = stateOf();
    location.assign(location.pathname + (state ? `?${state}` : location.search));
  });

  let looking = false, tries = 0, next;
  const lookAfter = async () => {
    const { kernel } = manager() ?? {};
    if (!kernel || over || looking) return;
    looking = true;
    const status = await ask(`api/kernels/${kernel.id}`), connected = kernel.connectionStatus === "connected";
    looking = false;
    clearTimeout(next);
    if (over) return;
    if (status === 404) return end("ended");
    if (status === 424) return end("stopped");  // by a hub, which starts it again for who opens the page
    if (status === 403) return end("out");
    if (status !== 200) say("unreached");
    else if (connected) say("");
    // By itself it tries more and more late; but to try is to give up the try before, which may only be slow.
    else if (tries % 4 === 1) kernel.reconnect().catch(() => {});
    tries = connected ? 0 : status === 200 ? tries + 1 : 1;
    if (status !== 200 || !connected) next = setTimeout(lookAfter, RETRY);
  };

  // A frame that takes long: the kernel's own word for it, after a time in which most frames are done; or no word.
  const busy = document.getElementById("labkit-busy");
  const sayBusy = (words) => {
    if (busy.textContent !== words && words) busy.textContent = words;
    busy.hidden = !words;
  };
  let working, waiting;
  const expect = () => { waiting ??= setTimeout(unanswered, SLOW, 1); };
  const answered = () => {
    clearTimeout(waiting);
    waiting = undefined;
  };
  const onStatus = (_, status) => {
    clearTimeout(working);
    answered();
    if (status === "busy") {
      working = setTimeout(sayBusy, 400, "Working …");
      expect();  // the end of it
    } else sayBusy("");
    if (status === "dead" || status === "autorestarting") end("ended");
  };
  const onMessage = (kernel, { direction }) => {
    if (direction === "send") return expect();
    answered();
    if (kernel.status === "busy") expect();
    if (busy.textContent === SILENT) sayBusy("");
    if (!over) say("");
  };
  const SILENT = "No answer yet …";
  const unanswered = (times) => {
    if (over) return;
    waiting = setTimeout(unanswered, SLOW, times + 1);
    const { kernel } = manager(), computing = kernel.status === "busy";
    if (computing && times % 5) return;
    if (lost.hidden && !computing) sayBusy(SILENT);
    // Half of the line may be gone, also while something was computed.
    if ((computing || times === 2) && kernel.connectionStatus === "connected") kernel.reconnect().catch(() => {});
    else lookAfter();
  };

  // What a line takes with it: a control whose last message it was would wait for its answer for ever, and ipywidgets
  // gives it the kernel's older value.
  const VALUES = ["value", "index"];
  const isWaiting = (model) => model._pending_msgs > 0 && VALUES.some((name) => model.has(name));
  const sendAgain = async () => {
    const models = (await Promise.all(Object.values(manager()._models))).filter(isWaiting);
    const kept = models.map((model) => VALUES.filter((name) => model.has(name)).map((name) => [name, model.get(name)]));
    await pause(1500);  // what was answered meanwhile, and what ipywidgets restores, comes first
    models.forEach((model, i) => {
      if (!model._pending_msgs) return;
      const newest = { ...Object.fromEntries(kept[i]), ...model._msg_buffer };  // it may have been moved once more
      model._pending_msgs = 0;
      model._msg_buffer = null;
      model.set(newest);
      model.save_changes(model.callbacks());
    });
  };
  let line = "connected";
  const onLine = (_, status) => {
    if (line !== "connected" && status === "connected") sendAgain();
    line = status;
    lookAfter();
  };

  const watch = () => {
    const kernel = manager()?.kernel;
    if (!kernel) return;
    kernel.statusChanged.connect(onStatus);
    kernel.anyMessage.connect(onMessage);
    kernel.connectionStatusChanged.connect(onLine);
    for (const type of ["online", "offline"]) window.addEventListener(type, lookAfter);
    // A kernel that was ended from elsewhere, and a line that is only half there, say nothing of themselves.
    setInterval(lookAfter, 20000);
    keepState();
  };

  // Ready: the widgets stand and their pictures are there. Where none come, what the page has is shown after a while.
  const started = () => {
    const cells = document.getElementById("rendered_cells");
    if (!cells || cells.style.display === "none") return false;
    const pictures = [...cells.querySelectorAll("img.widget-image")];
    if (pictures.some((picture) => !picture.naturalWidth)) return false;
    return Boolean(cells.querySelector(".jupyter-widgets, [data-mime-type='application/vnd.jupyter.stderr']"));
  };
  const stands = () => document.querySelector("#rendered_cells .labkit-frame, #rendered_cells .jp-RenderedText");
  const ready = () => {
    document.getElementById("labkit-loading")?.remove();
    if (stands()) return watch();
    end("unopened");
    const late = setInterval(() => {  // on a slow line it may still come
      if (!stands()) return;
      clearInterval(late);
      over = false;
      say("");
      watch();
    }, 500);
  };
  let loadedAt = Infinity;
  window.addEventListener("load", () => { loadedAt = performance.now(); });
  const check = () => {
    if (started() || performance.now() - loadedAt > PATIENCE) ready();
    else setTimeout(check, 50);
  };
  check();
})();
