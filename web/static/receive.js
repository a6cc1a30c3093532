// Takes a page that the bookmark "Use this page as the source" hands over, shows what it is, and
// brings it to a form. The page comes from a foreign site and is believed in one point only: which
// site it is from, because the browser says that. None of it is ever shown or run here.
import { CHANNEL, keepPage } from "./handover.js";

const SILENT_AFTER_MS = 6000;
// A page that opens this one under a finger that is about to press twice gets no press from it.
const HELD_MS = 500;
// Forms in other windows answer within some milliseconds; one that takes a page copies megabytes.
const ANSWER_MS = 400;
const TAKE_MS = 4000;
const MAX_TITLE_CHARS = 200;
const MAX_ADDRESS_CHARS = 8000;

const byId = (id) => document.getElementById(id);
const sleep = (ms) => new Promise((resolve) => window.setTimeout(resolve, ms));
const isText = (value) => typeof value === "string";

const show = (name) => {
  for (const section of document.querySelectorAll("[data-state]")) {
    section.hidden = section.dataset.state !== name;
  }
};

const giveUp = (why) => {
  show("instead");
  for (const reason of document.querySelectorAll("[data-why]")) {
    reason.hidden = reason.dataset.why !== why;
  }
};

// A page's address, where it is one of the site that the browser names; else null.
const readAddress = (address, origin) => {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (!/^https?:$/.test(url.protocol) || url.origin !== origin) {
    return null;
  }
  return url.href.length <= MAX_ADDRESS_CHARS ? url : new URL(url.origin);
};

// Parsed into a document that is not shown, in which nothing runs or loads.
const countLetters = (html) => {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const element of body.querySelectorAll("script, style, noscript")) {
    element.remove();
  }
  return body.textContent.replace(/\s+/g, " ").trim().length;
};

// Returns why a message is no page to use, or shows the page and returns it.
const readPage = ({ data, origin }) => {
  const url = readAddress(data?.url, origin);
  if (!url) {
    return { why: "site" };
  }
  if (data.html === null) {
    return { why: "long" };
  }
  if (!isText(data.html) || !isText(data.title)) {
    return { why: "site" };
  }
  const most = Number(byId("receive").dataset.most);
  if (data.html.length > most || new Blob([data.html]).size > most) {
    return { why: "long" };
  }
  const letters = countLetters(data.html);
  if (!letters) {
    return { why: "empty" };
  }
  const title = data.title.trim().slice(0, MAX_TITLE_CHARS) || url.host + url.pathname;
  return { page: { html: data.html, url: url.href, title }, host: url.host, letters };
};

const offer = async ({ page, host, letters }) => {
  byId("page-title").textContent = page.title;
  byId("page-site").textContent = host;
  byId("page-letters").textContent = letters.toLocaleString(document.documentElement.lang);
  show("offer");
  byId("use").disabled = true;
  await sleep(HELD_MS);
  byId("use").disabled = false;
};

// Brings the page to the form that was used last, if one is open in another window.
const giveToWaitingForm = async (page) => {
  const channel = new BroadcastChannel(CHANNEL);
  const forms = [];
  channel.onmessage = ({ data }) => data.here && forms.push(data);
  channel.postMessage({ ask: true });
  await sleep(ANSWER_MS);
  let hasTaken = false;
  if (forms.length) {
    const latest = forms.reduce((one, other) => (other.usedAt > one.usedAt ? other : one));
    const taken = new Promise((resolve) => {
      channel.onmessage = ({ data }) => data.taken === latest.here && resolve(true);
    });
    channel.postMessage({ give: latest.here, page });
    hasTaken = await Promise.race([taken, sleep(TAKE_MS)]);
  }
  channel.close();
  return hasTaken;
};

const giveToNewForm = async (page) => {
  try {
    const key = await keepPage(page);
    window.location.replace(`${byId("receive").dataset.form}#handed=${key}`);
  } catch {
    giveUp("store");
  }
};

let accepted = null;

// Only the window that opened this one is listened to, and only until it has handed over a page.
const listen = (opener) => {
  show("waiting");
  window.setTimeout(() => accepted || giveUp("silent"), SILENT_AFTER_MS);
  window.addEventListener("message", (event) => {
    if (event.source !== opener || accepted) {
      return;
    }
    const read = readPage(event);
    if (read.why) {
      giveUp(read.why);
    } else {
      accepted = read.page;
      offer(read);
    }
  });
  // To whomever it is: that this page is there is no secret.
  opener.postMessage("ready", "*");
};

byId("use").addEventListener("click", async () => {
  byId("use").disabled = true;
  if (await giveToWaitingForm(accepted)) {
    show("given");
    byId("given-title").focus();
  } else {
    giveToNewForm(accepted);
  }
});
byId("here").addEventListener("click", () => giveToNewForm(accepted));
byId("close").addEventListener("click", () => window.close());

byId("receive").classList.add("is-live");
if (window.location.hash === "#blocked") {
  giveUp("blocked");
} else if (window.location.hash === "#store") {
  giveUp("store");
} else if (!window.opener) {
  giveUp("cut");
} else {
  listen(window.opener);
}
