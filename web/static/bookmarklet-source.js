// "Use this page as the source": hands this page, as the browser has it, to a window of ours that
// shows what it was given and asks. For pages that only their reader can see.
//
// Nothing is fetched. The page goes from window to window inside the browser, and only to a window
// that this script opened and that says by its origin that it is ours.
//
// Each comment has a line of its own: web/bookmarklet.py takes those lines out, and puts the form's
// address in for "__FORM_ADDRESS__".
(() => {
  const form = "__FORM_ADDRESS__";
  const origin = new URL(form).origin;
  // MAX_HANDED_BYTES in web/security.py.
  const mostBytes = 8000000;
  // Scripts, and what was typed or held ready in fields: names, tokens. What a page says of itself
  // for search engines is no script, and tells its title, author and date.
  const unwanted =
    "script:not([type='application/ld+json']), style, noscript, template, iframe, object," +
    " input, select, textarea";

  const copyPage = () => {
    // In a document that is not shown, the copy loads no pictures and runs nothing.
    const apart = document.implementation.createHTMLDocument("");
    const copy = apart.importNode(document.documentElement, true);
    for (const element of copy.querySelectorAll(unwanted)) {
      element.remove();
    }
    const html = `<!doctype html>${copy.outerHTML}`;
    return new Blob([html]).size <= mostBytes ? html : null;
  };

  const receiver = window.open(`${form}receive`, "_blank");
  window.addEventListener("message", (event) => {
    if (event.source === receiver && event.origin === origin && event.data === "ready") {
      const handed = { html: copyPage(), url: location.href, title: document.title };
      receiver.postMessage(handed, origin);
    }
  });
  // Where windows are blocked, the page that says what to do instead opens in place of this one.
  if (!receiver) {
    location.href = `${form}receive#blocked`;
  }
})();
