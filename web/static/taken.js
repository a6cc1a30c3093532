// Fills the form with what comes from other pages: words and their links, pasted or brought by a
// bookmark, or a whole page.
import { CHANNEL, takePage } from "./handover.js";

const MAX_ADDRESS_CHARS = 8000;
const MAX_PASTED_LINKS = 8;
const MAX_NAME_CHARS = 80;

const form = document.getElementById("check");
const field = (name) => form.elements[name];

const isWebAddress = (address) =>
  /^https?:\/\/[^\s/]/i.test(address) && address.length <= MAX_ADDRESS_CHARS;

const tell = (taken) => {
  for (const notice of document.querySelectorAll("[data-taken]")) {
    notice.hidden = notice.dataset.taken !== taken;
  }
};

// --- suggestions -------------------------------------------------------------------------------

const markChosen = () => {
  for (const button of document.querySelectorAll(".suggestions button")) {
    button.setAttribute("aria-pressed", String(button.value === field("source_url").value));
  }
};

const suggest = (addresses) => {
  const items = addresses.map((address) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button suggested";
    button.value = address;
    button.title = address;
    button.textContent = address.replace(/^https?:\/\/(www\.)?/i, "");
    button.addEventListener("click", () => {
      field("source_url").value = address;
      markChosen();
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  document.querySelector("ul.suggestions").replaceChildren(...items);
  document.getElementById("suggestions").hidden = !items.length;
  markChosen();
};

field("source_url").addEventListener("input", markChosen);

// Pasted from a page: the links among the words are lost in plain text, so they are offered.
field("passage").addEventListener("paste", (event) => {
  const html = event.clipboardData ? event.clipboardData.getData("text/html") : "";
  const pasted = new DOMParser().parseFromString(html, "text/html");
  const links = [...pasted.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"));
  suggest([...new Set(links)].filter(isWebAddress).slice(0, MAX_PASTED_LINKS));
});

// --- the paragraph around the words ------------------------------------------------------------

const whole = document.getElementById("whole");
// The text that is not in the field: the paragraph, or the words alone while the paragraph is there.
let other = "";

const offerParagraph = (around) => {
  other = around;
  whole.checked = false;
  whole.closest("p").hidden = !around;
};

whole.addEventListener("change", () => {
  // What was typed in either of the two is there again when it comes back.
  [field("passage").value, other] = [other, field("passage").value];
});

// --- words, from "Check this quotation" --------------------------------------------------------

const fillWords = (given) => {
  const sources = [...new Set(given.getAll("source"))].filter(isWebAddress);
  field("passage").value = given.get("passage") || "";
  field("source_url").value = sources[0] || "";
  if (isWebAddress(given.get("page") || "")) {
    field("published_url").value = given.get("page");
  }
  suggest(sources.length > 1 ? sources : []);
  offerParagraph(given.get("around") || "");
  tell(given.get("taken") === "link" ? "link" : "page");
  field("passage").focus();
};

// --- a page, from "Use this page as the source" ------------------------------------------------

const nameFile = (title) =>
  `${title.replace(/[\\/:*?"<>|\p{C}]+/gu, " ").slice(0, MAX_NAME_CHARS).trim() || "page"}.html`;

const fillPage = ({ html, url, title }) => {
  const transfer = new DataTransfer();
  // The byte order mark says what letters these are, whatever the page said when it was sent.
  transfer.items.add(new File(["\ufeff", html], nameFile(title), { type: "text/html" }));
  field("source_file").files = transfer.files;
  field("source_file").dispatchEvent(new Event("change", { bubbles: true }));
  field("source_file").closest("details").open = true;
  const typed = field("source_url").value.trim();
  field("source_url").value = url;
  if (isWebAddress(typed) && typed !== url) {
    suggest([url, typed]);
  }
  document.getElementById("two-sources").hidden = !field("source_text").value.trim();
  tell("handed");
};

const fillKeptPage = async (key) => {
  const page = await takePage(key).catch(() => null);
  if (page) {
    fillPage(page);
  } else {
    window.location.replace(`${form.dataset.receive}#store`);
  }
};

// --- the address's fragment, and other windows of ours -----------------------------------------

const fillFromFragment = () => {
  const given = new URLSearchParams(window.location.hash.slice(1));
  const isHanded = given.has("handed");
  if (!isHanded && !given.has("passage") && !given.has("source")) {
    return;
  }
  // A clean address, so that going back, copying it or sharing the window does not carry the words.
  window.history.replaceState(null, "", window.location.pathname);
  if (isHanded) {
    fillKeptPage(given.get("handed"));
  } else {
    fillWords(given);
  }
};

// This form's name among those that are open, and when it was last looked at.
const me = window.crypto.getRandomValues(new Uint32Array(2)).join("-");
let usedAt = Date.now();
let channel = null;

const answer = ({ data }) => {
  if (data.ask && !document.body.classList.contains("is-busy")) {
    channel.postMessage({ here: me, usedAt });
  } else if (data.give === me) {
    fillPage(data.page);
    channel.postMessage({ taken: me });
  }
};

// A form that one has gone on from is still in the browser's memory, and must not take a page there.
window.addEventListener("pagehide", () => {
  channel?.close();
  channel = null;
});
window.addEventListener("pageshow", () => {
  channel ??= new BroadcastChannel(CHANNEL);
  channel.onmessage = answer;
});
window.addEventListener("focus", () => {
  usedAt = Date.now();
});
window.addEventListener("hashchange", fillFromFragment);
fillFromFragment();
