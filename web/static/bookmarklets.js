// The bookmarks' own page: they are for the bookmarks bar; a click on one here explains that instead
// of doing nothing at all.
const hint = document.getElementById("bookmarklet-hint");

for (const bookmarklet of document.querySelectorAll("a.bookmarklet")) {
  bookmarklet.addEventListener("click", (event) => {
    event.preventDefault();
    hint.textContent = hint.dataset.words;
  });
}
