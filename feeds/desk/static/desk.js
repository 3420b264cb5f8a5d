// What a browser may add to the desk: every page does all its work without it.
"use strict";

(() => {
  const LONGEST = 30000; // milliseconds between two tries to reach a server that does not answer
  const KEPT = "desk-shortcuts";

  // Copy buttons: a field beside them can always be copied by hand.
  const copy = async (button) => {
    const field = document.getElementById(button.dataset.copy);
    const said = button.parentElement.querySelector("[role=status]");
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = "Copied";
    } catch {
      said.textContent = "Selected: press Ctrl+C or ⌘C";
    }
    setTimeout(() => { said.textContent = ""; }, 4000);
  };

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }

  // Live regions: the server says what stands in them, as HTML that it would also put into the page.
  const live = (region) => {
    const every = Math.max(500, Number(region.dataset.every) || 5000);
    const url = new URL(region.dataset.live, location.href);
    let shown = "";
    let wait = every;
    if (url.origin !== location.origin) return;

    const refresh = async () => {
      if (!region.isConnected) return;
      if (document.hidden) {
        document.addEventListener("visibilitychange", refresh, { once: true });
        return;
      }
      try {
        const answer = await fetch(url, { credentials: "same-origin", cache: "no-store", redirect: "error" });
        // Who is signed out is led to where one signs in; what is gone is asked for no more.
        if (answer.status === 401) location.reload();
        if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return;
        if (!answer.ok) throw new Error(String(answer.status));
        const text = await answer.text();
        if (text !== shown) show(text);
        const done = region.querySelector("[data-done]");
        if (done?.dataset.done === "reload") location.reload();
        if (done) return;
        wait = every;
      } catch {
        wait = Math.min(LONGEST, wait * 2);
      }
      setTimeout(refresh, wait);
    };

    const show = (text) => {
      const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
      const parsed = new DOMParser().parseFromString(text, "text/html");
      region.replaceChildren(...parsed.body.childNodes);
      shown = text;
      if (focused) document.getElementById(focused)?.focus();
    };

    if (!region.querySelector("[data-done]")) setTimeout(refresh, every);
  };

  document.querySelectorAll("[data-live]").forEach(live);

  // Keyboard shortcuts. A person may turn them off (WCAG 2.2, 2.1.4): speech input types letters, too.
  const dialog = document.getElementById("shortcuts");
  const opener = document.querySelector("[data-shortcuts]");
  const box = document.querySelector("[data-shortcuts-on]");
  if (!dialog || !opener || !box) return;

  const kept = (value) => {
    try {
      if (value !== undefined) localStorage.setItem(KEPT, value);
      return localStorage.getItem(KEPT);
    } catch {
      return null; // a browser that keeps nothing
    }
  };

  box.checked = kept() !== "off";
  box.addEventListener("change", () => kept(box.checked ? "on" : "off"));
  opener.hidden = !dialog.showModal;
  opener.addEventListener("click", () => dialog.showModal());

  const find = (field) => {
    field.focus();
    field.select();
  };
  const asked = document.querySelector("input[type=search]");
  if (asked && location.hash === "#search") {
    history.replaceState(null, "", location.pathname + location.search); // once
    find(asked);
  }

  let going = -Infinity; // when g was pressed
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (!box.checked || busy || dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.querySelector("input[type=search]");
    const entries = document.querySelector('nav a[data-key="e"]');
    const place = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
    if (event.timeStamp - going < 2000 && place) {
      location.assign(place.href);
    } else if (event.key === "/" && (search || entries)) {
      event.preventDefault();
      if (search) find(search);
      else location.assign(`${entries.href}#search`);
    } else if (event.key === "?") {
      dialog.showModal();
    }
    going = event.key === "g" ? event.timeStamp : -Infinity;
  });
})();
