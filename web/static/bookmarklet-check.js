// "Check this quotation": opens the form with the words that are selected on this page, with the
// paragraph around them, with this page's address, and with the links in and beside them, which may
// lead to the source.
//
// All of it travels in the address's fragment, which browsers do not send to any server. The script
// only reads the page and opens a window, so that it works where a page forbids scripts of others.
//
// Each comment has a line of its own: web/bookmarklet.py takes those lines out, and puts the form's
// address in for "__FORM_ADDRESS__".
(() => {
  const form = "__FORM_ADDRESS__";
  // The longest passage that is read, and the longest address; see max_passage_chars in
  // quotecheck/settings.py and MAX_ADDRESS_CHARS in web/security.py.
  const mostLetters = 20000;
  const mostAddress = 8000;
  // More are no suggestions any longer, but a list to read through.
  const mostLinks = 8;

  const isText = (node) => node.nodeType === Node.TEXT_NODE;
  const isShown = (text) => text.parentElement && text.parentElement.getClientRects().length > 0;
  const isWeb = (address) => /^https?:/.test(address) && address.length <= mostAddress;
  const nameSite = (address) => new URL(address).host.replace(/^www\./, "");
  const withoutPlace = (address) => address.split("#")[0];

  // The nearest element around a node that begins on a line of its own.
  const findBlock = (node) => {
    let element = isText(node) ? node.parentElement : node;
    const isInline = () => /^(inline|contents|ruby)/.test(getComputedStyle(element).display);
    while (element.parentElement && isInline()) {
      element = element.parentElement;
    }
    return element;
  };

  // The stretches of text in a range, in order, that the page shows.
  const listPieces = (range) => {
    const walker = document.createTreeWalker(range.commonAncestorContainer, NodeFilter.SHOW_ALL);
    const pieces = [];
    for (let node = walker.currentNode; node; node = walker.nextNode()) {
      if (range.intersectsNode(node) && node.nodeName === "BR") {
        pieces.push({ node, start: 0, end: 0, text: "\n" });
      } else if (range.intersectsNode(node) && isText(node) && isShown(node)) {
        const start = node === range.startContainer ? range.startOffset : 0;
        const end = node === range.endContainer ? range.endOffset : node.length;
        const text = node.data.slice(start, end);
        pieces.push({ node, start, end, text: text.replace(/\s+/g, " ") });
      }
    }
    return pieces;
  };

  // The paragraphs between two places, as they read.
  const readParagraphs = (from, offset, to, end) => {
    const range = document.createRange();
    range.setStart(from, offset);
    range.setEnd(to, end);
    let block = null;
    let text = "";
    for (const piece of listPieces(range)) {
      const own = findBlock(piece.node);
      text += (block && own !== block ? "\n\n" : "") + piece.text;
      block = own;
    }
    // An empty line, made by two line breaks, parts paragraphs as well.
    return text.split(/\n\s*\n/);
  };

  // The paragraph before or after another one.
  const findNeighbour = (block, step) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    walker.currentNode = block;
    let text = walker[step]();
    while (text && (block.contains(text) || !text.data.trim() || !isShown(text))) {
      text = walker[step]();
    }
    return text && findBlock(text);
  };

  // The links in the selection, in its paragraph, in the one before it and in the one after it.
  const listLinks = (range, first, last) => {
    const paragraph = document.createRange();
    paragraph.setStartBefore(first);
    paragraph.setEndAfter(last);
    const before = findNeighbour(first, "previousNode");
    const after = findNeighbour(last, "nextNode");
    const links = Array.from(document.links);
    const addresses = [
      links.filter((link) => range.intersectsNode(link)),
      links.filter((link) => paragraph.intersectsNode(link)),
      links.filter((link) => before && before.contains(link)),
      links.filter((link) => after && after.contains(link)),
    ].flatMap((group) => group.map((link) => link.href));
    return addresses.filter(
      (address, at) =>
        isWeb(address) &&
        addresses.indexOf(address) === at &&
        withoutPlace(address) !== withoutPlace(location.href)
    );
  };

  // What is selected in a field to type in, with its line. A password is nobody's quotation.
  const readField = ({ type, value, selectionStart: start, selectionEnd: end }) => {
    const words = type === "password" ? "" : value.slice(start, end);
    const before = value.slice(0, start).split("\n").pop();
    const [after] = value.slice(end).split("\n");
    return { words: words.trim(), around: words && before + words + after, links: [] };
  };

  const readPage = (selection) => {
    const words = String(selection).trim();
    const pieces = selection.rangeCount ? listPieces(selection.getRangeAt(0)) : [];
    const full = pieces.filter((piece) => piece.text.trim());
    if (!words || !full.length) {
      return { words, around: "", links: [] };
    }
    // A selection may reach into the next paragraph without taking a letter of it.
    const first = full[0];
    const last = full[full.length - 1];
    const range = document.createRange();
    const taken = (piece) => piece.node.data.slice(piece.start, piece.end);
    range.setStart(first.node, first.end - taken(first).trimStart().length);
    range.setEnd(last.node, last.start + taken(last).trimEnd().length);
    const opening = findBlock(first.node);
    const closing = findBlock(last.node);
    const before = readParagraphs(opening, 0, range.startContainer, range.startOffset).pop();
    const [after] = readParagraphs(
      range.endContainer, range.endOffset, closing, closing.childNodes.length
    );
    return { words, around: before + words + after, links: listLinks(range, opening, closing) };
  };

  const field = document.activeElement;
  const isField = field && /^(input|textarea)$/i.test(field.nodeName);
  const isFieldSelected = isField && field.selectionStart < field.selectionEnd;
  const found = isFieldSelected ? readField(field) : readPage(window.getSelection());

  const page = isWeb(location.href) ? location.href : "";
  const isOther = (address) => !page || nameSite(address) !== nameSite(page);
  const others = found.links.filter(isOther);
  const own = found.links.filter((address) => !isOther(address));
  const sources = [...others, ...(others.length || !page ? [] : [page]), ...own];

  const given = new URLSearchParams();
  // Half of a letter that a cut leaves at the end is dropped.
  given.append("passage", found.words.slice(0, mostLetters).replace(/[\uD800-\uDBFF]$/, ""));
  const around = found.around.trim();
  if (around !== found.words && around.length <= mostLetters) {
    given.append("around", around);
  }
  given.append("page", page);
  for (const source of sources.slice(0, mostLinks)) {
    given.append("source", source);
  }
  given.append("taken", others.length ? "link" : "page");

  // Where windows are blocked, the form opens in place of the page.
  const address = `${form}#${given}`;
  if (!window.open(address, "_blank")) {
    location.href = address;
  }
})();
