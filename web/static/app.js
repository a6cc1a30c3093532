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

  const printer = document.getElementById("print");
  if (printer) {
    printer.hidden = false;
    printer.addEventListener("click", () => window.print());
  }
})();
