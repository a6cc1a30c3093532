// Opens the form with the words that are selected on this page, and with an address to check them
// against: the first link in the selection that leads to another site, or else this page's own.
//
// The words travel in the address's fragment, which browsers do not send to any server. The script
// only reads the page and opens a window, so that it works where a page forbids scripts of others.
//
// Each comment has a line of its own and each statement its semicolon: web/bookmarklet.py relies
// on it. "__FORM_ADDRESS__" is put in there.
(function () {
  var form = "__FORM_ADDRESS__";
  var selection = window.getSelection();
  var words = selection ? String(selection).trim() : "";
  var link = "";
  if (selection && selection.rangeCount) {
    var anchors = selection.getRangeAt(0).cloneContents().querySelectorAll("a[href]");
    for (var i = 0; i < anchors.length && !link; i += 1) {
      if (/^https?:$/.test(anchors[i].protocol) && anchors[i].host !== location.host) {
        link = anchors[i].href;
      }
    }
  }
  // The longest passage that is read; half of a letter that a cut leaves at the end is dropped.
  words = words.slice(0, 20000).replace(/[\uD800-\uDBFF]$/, "");
  var address = form + "#passage=" + encodeURIComponent(words);
  address += "&source=" + encodeURIComponent(link || location.href);
  address += "&taken=" + (link ? "link" : "page");
  // Where windows are blocked, the form opens in place of the page.
  if (!window.open(address, "_blank")) {
    location.href = address;
  }
})();
