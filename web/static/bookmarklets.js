// The bookmarks' own page: explains a click where a drag was meant, and copies.
"use strict";

const hint = document.getElementById("bookmarklet-hint");

for (const bookmarklet of document.querySelectorAll("a.bookmarklet")) {
  bookmarklet.addEventListener("click", (event) => {
    event.preventDefault();
    hint.textContent = hint.dataset.words;
  });
}

const copy = async (box) => {
  box.select();
  // The newer way is there on safe connections only, which a newsroom's own machine may not have.
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(box.value);
    return true;
  }
  return document.execCommand("copy");
};

for (const button of document.querySelectorAll("button[data-copies]")) {
  const box = document.getElementById(button.dataset.copies);
  const status = document.getElementById(`${button.dataset.copies}-status`);
  button.hidden = false;
  button.addEventListener("click", async () => {
    const hasCopied = await copy(box).catch(() => false);
    status.textContent = hasCopied ? status.dataset.copied : status.dataset.selected;
  });
}
