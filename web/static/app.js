// What the pages gain from scripts; without them everything works all the same.
"use strict";

(() => {
  const LONG_AFTER_MS = 12000;
  const status = document.getElementById("status");

  // While a check runs: say so, and do not let an impatient finger start a second one.
  const setBusy = (isBusy) => {
    for (const button of document.querySelectorAll("form[data-check] button")) {
      button.disabled = isBusy;
    }
    document.body.classList.toggle("is-busy", isBusy);
  };

  for (const form of document.querySelectorAll("form[data-check]")) {
    form.addEventListener("submit", () => {
      // The name of the button that was pressed is sent only if it is not yet disabled.
      window.setTimeout(() => {
        setBusy(true);
        status.textContent = status.dataset.busy;
      }, 0);
      window.setTimeout(() => {
        if (document.body.classList.contains("is-busy")) {
          status.textContent = status.dataset.slow;
        }
      }, LONG_AFTER_MS);
    });
  }

  // Coming back with the Back button: the form as it was left, ready to be sent again.
  window.addEventListener("pageshow", () => {
    setBusy(false);
    if (status) {
      status.textContent = "";
    }
  });

  // Opened by the bookmarklet: its words are in the address's fragment. Take them, and clean the
  // address, so that they stay out of the browser's history.
  const fillFromFragment = () => {
    const given = new URLSearchParams(window.location.hash.slice(1));
    const passage = document.getElementById("passage");
    if (!passage || !(given.has("passage") || given.has("source"))) {
      return;
    }
    passage.value = given.get("passage") || "";
    document.getElementById("source_url").value = given.get("source") || "";
    for (const notice of document.querySelectorAll("[data-taken]")) {
      notice.hidden = notice.dataset.taken !== (given.get("taken") || "page");
    }
    window.history.replaceState(null, "", window.location.pathname);
    passage.focus();
  };
  fillFromFragment();
  window.addEventListener("hashchange", fillFromFragment);

  // The bookmarklet is for the bookmarks bar; a click on it here explains that instead of doing
  // nothing at all.
  const bookmarklet = document.getElementById("bookmarklet");
  if (bookmarklet) {
    bookmarklet.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById("bookmarklet-hint").hidden = false;
    });
  }

  const printer = document.getElementById("print");
  if (printer) {
    printer.hidden = false;
    printer.addEventListener("click", () => window.print());
  }
})();
