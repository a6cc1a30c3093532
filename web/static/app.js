// What the pages gain from scripts; without them everything works all the same.
"use strict";

// --- the form ---------------------------------------------------------------------------------

(() => {
  const status = document.getElementById("status");

  // While a check is sent: say so, and do not let an impatient finger start a second one.
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
    });
  }

  // Coming back with the Back button: the form as it was left, ready to be sent again.
  window.addEventListener("pageshow", () => {
    setBusy(false);
    if (status) {
      status.textContent = "";
    }
  });

  // A file dropped anywhere on the form is the source.
  const form = document.getElementById("check");
  const file = document.getElementById("source_file");
  if (form && file) {
    const drop = document.getElementById("drop");
    const hasFile = (event) => [...event.dataTransfer.types].includes("Files");
    form.addEventListener("dragover", (event) => {
      if (hasFile(event)) {
        event.preventDefault();
        drop.closest("details").open = true;
        drop.classList.add("over");
      }
    });
    form.addEventListener("dragleave", (event) => {
      if (!form.contains(event.relatedTarget)) {
        drop.classList.remove("over");
      }
    });
    form.addEventListener("drop", (event) => {
      if (hasFile(event)) {
        event.preventDefault();
        drop.classList.remove("over");
        file.files = event.dataTransfer.files;
        status.textContent = `${status.dataset.dropped} ${file.files[0].name}`;
      }
    });
  }
})();

// --- while a check is made ----------------------------------------------------------------------

(() => {
  const waiting = document.getElementById("waiting");
  if (!waiting) {
    return;
  }
  const SLOW_AFTER_MS = 5000;
  const RETRY_MS = 2000;
  const items = [...document.querySelectorAll("#stages > li")];
  const said = document.getElementById("said");
  window.setTimeout(() => {
    document.getElementById("slow").hidden = false;
  }, SLOW_AFTER_MS);

  const show = (stage) => {
    const reached = items.findIndex((item) => item.dataset.stage === stage);
    if (reached < 0) {
      return;
    }
    items.forEach((item, number) => {
      item.className = number < reached ? "done" : number === reached ? "now" : "later";
      item.toggleAttribute("aria-current", false);
    });
    items[reached].setAttribute("aria-current", "step");
    said.textContent = `${items[reached].textContent.trim()}…`;
  };

  const events = new EventSource(waiting.dataset.events);
  events.addEventListener("message", (event) => {
    const step = JSON.parse(event.data);
    if (step.state === "working") {
      show(step.stage);
    } else {
      events.close();
      window.location.reload();
    }
  });
  // The stream is closed after a while, or there is none to be had: the browser tries again by
  // itself, or else the page looks again as it does without scripts.
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) {
      window.setTimeout(() => window.location.reload(), RETRY_MS);
    }
  });
})();

// --- the report ---------------------------------------------------------------------------------

(() => {
  // What belongs together lights up together: a finding and its words, a quotation in both texts
  // and on the strip.
  const has = (element, name, value) => (element.dataset[name] || "").split(" ").includes(value);
  const words = [...document.querySelectorAll("[data-findings], [data-tie]")];
  const findings = [...document.querySelectorAll(".finding[data-number]")];
  const light = (isOn, numbers, tie) => {
    for (const element of words) {
      if (numbers.some((n) => has(element, "findings", n)) || (tie && element.dataset.tie === tie)) {
        element.classList.toggle("on", isOn);
      }
    }
    for (const finding of findings) {
      if (!tie && numbers.includes(finding.dataset.number)) {
        finding.classList.toggle("on", isOn);
      }
    }
  };
  const follow = (element, numbers, tie) => {
    const on = () => light(true, numbers, tie);
    const off = () => light(false, numbers, tie);
    element.addEventListener("mouseenter", on);
    element.addEventListener("mouseleave", off);
    element.addEventListener("focusin", on);
    element.addEventListener("focusout", off);
  };
  for (const finding of findings) {
    follow(finding, [finding.dataset.number], null);
  }
  for (const element of words) {
    const numbers = (element.dataset.findings || "").split(" ").filter(Boolean);
    follow(element, numbers, numbers.length ? null : element.dataset.tie);
  }

  for (const button of document.querySelectorAll("button[data-copy]")) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const from = document.getElementById(button.dataset.copy);
      const text = "value" in from ? from.value : from.textContent;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = button.dataset.done;
      } catch {
        // No right to the clipboard, or no https: mark the words, so that one key copies them.
        if (from.select) {
          from.select();
        } else {
          window.getSelection().selectAllChildren(from);
        }
      }
      window.setTimeout(() => {
        button.textContent = label;
      }, 2500);
    });
  }

  // A read-only field is there to be copied from.
  for (const field of document.querySelectorAll("input[readonly]")) {
    field.addEventListener("focus", () => field.select());
  }

  const printer = document.getElementById("print");
  if (printer) {
    printer.hidden = false;
    printer.addEventListener("click", () => window.print());
  }
})();
