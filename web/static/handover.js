// What the page that receives a handed-over page, and the forms that may take it, both know.
// Windows of ours speak to each other here; no other site can.
export const CHANNEL = "quotecheck-handover";

const DATABASE = "quotecheck-handover";
const PAGES = "pages";

const withPages = (work) =>
  new Promise((resolve, reject) => {
    const opening = window.indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(PAGES);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(PAGES, "readwrite");
      const request = work(transaction.objectStore(PAGES));
      transaction.oncomplete = () => {
        database.close();
        resolve(request.result);
      };
      transaction.onabort = () => {
        database.close();
        reject(transaction.error);
      };
    };
  });

// Keeps a page for the form that comes next in this window, and returns the key to it. Pages are too
// large for sessionStorage, and a key is needed to take one, so that no link from elsewhere can.
export const keepPage = async (page) => {
  const key = window.crypto.getRandomValues(new Uint32Array(4)).join("-");
  await withPages((pages) => {
    // What was never taken, because a window was closed in between, stays no longer than this.
    pages.clear();
    return pages.put(page, key);
  });
  return key;
};

// Returns a page that was kept, or undefined, and keeps it no longer.
export const takePage = (key) =>
  withPages((pages) => {
    const request = pages.get(key);
    pages.delete(key);
    return request;
  });
