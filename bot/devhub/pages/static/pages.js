"use strict";
// Keeps an open page up to date: hears that something changed, fetches the page again and
// brings the two together, so that half-written words, focus, open menus and the place on the
// page stay as they are. Forms are sent the same way. Without this file everything still works.

const page = () => document.getElementById("page");
const told = () => document.getElementById("told");

// --- Bringing an element up to date --------------------------------------------------------

/** What was put in or changed, in words, to be read aloud. */
let news = new Set();

function morph(old, fresh, keep) {
  if (keep && old.dataset && "keep" in old.dataset) return;
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType === Node.TEXT_NODE) {
    old.data = fresh.data;
    return;
  }
  const before = old.dataset.told;
  attributes(old, fresh);
  if (before !== old.dataset.told) news.add(old.dataset.told);
  if (old.nodeName === "TEXTAREA") {
    // What somebody is writing is theirs, and stays different from the text that it began with.
    if (old.value === old.defaultValue) old.value = old.defaultValue = fresh.defaultValue;
    return;
  }
  children(old, fresh, keep);
}

function attributes(old, fresh) {
  const written = "value" in old && old.nodeName === "INPUT" && old.value !== old.defaultValue;
  for (const { name } of [...old.attributes]) {
    const theirs = name === "open" || (name === "value" && written);
    if (!theirs && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of [...fresh.attributes]) {
    const theirs = (name === "open" && old.nodeName === "DETAILS") || (name === "value" && written);
    if (!theirs && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function children(old, fresh, keep) {
  const kept = new Set([...fresh.children].map((each) => each.id).filter(Boolean));
  let at = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    const found = partner(at, node, kept);
    if (found === null) {
      if (node.dataset?.told) news.add(node.dataset.told);
      old.insertBefore(node, at);
      continue;
    }
    while (at !== found) at = removed(at);
    at = found.nextSibling;
    morph(found, node, keep);
  }
  while (at !== null) at = removed(at);
}

/**
 * Find which of the old nodes from `at` on a new one stands for, without passing one that stays.
 * Text is only what stands right there. What must never be taken for something else has an id.
 */
function partner(at, node, kept) {
  if (node.nodeType !== Node.ELEMENT_NODE) return at?.nodeName === node.nodeName ? at : null;
  for (let each = at; each !== null; each = each.nextSibling) {
    const same = each.nodeName === node.nodeName && (each.id || "") === node.id;
    if (same) return each;
    if (each.id && kept.has(each.id)) return null;
  }
  return null;
}

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** Show what the server says the page is. `keep` leaves the last refusal where it is. */
function show(html, keep) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const there = fresh.getElementById("page");
  if (there === null) return;
  news = new Set();
  morph(page(), there, keep);
  document.title = fresh.title;
  const words = [...news].filter(Boolean).slice(0, 5).join(", ");
  if (words) told().textContent = `Updated: ${words}`;
}

// --- Hearing of changes --------------------------------------------------------------------

let asking = false;
let again = false;

async function refresh() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    show(await response.text(), true);
  } catch {
    // The hub is gone for a moment; the stream will say when it is back.
  } finally {
    asking = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

let stream = null;

/** A page in the background holds no connection: browsers have six for one address. */
function listen() {
  if (document.hidden) {
    stream?.close();
    stream = null;
    return;
  }
  if (stream !== null) return;
  stream = new EventSource("/_pages/events");
  stream.onopen = refresh; // what happened since the page was made, or the connection was lost
  stream.onmessage = ({ data }) => {
    const here = page().dataset.repository;
    if (data === "*" || here === "" || data === here) refresh();
  };
}

document.addEventListener("visibilitychange", listen);
window.addEventListener("pagehide", () => {
  stream?.close();
  stream = null;
});
window.addEventListener("pageshow", listen);
setInterval(() => document.hidden || refresh(), 60000); // "2 minutes ago" grows old by itself

// --- Sending forms -------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || "whole" in form.dataset || event.defaultPrevented) return;
  event.preventDefault();
  send(form, event.submitter);
});

async function send(form, button) {
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const response = await fetch(form.getAttribute("action"), { method: "POST", body });
    const html = await response.text();
    const where = new URL(response.url);
    if (response.ok && where.pathname !== location.pathname) {
      location.assign(where);
      return;
    }
    if (response.ok) accepted(form, where);
    const sent = form.dataset.sent;
    show(html, false);
    if (response.ok && sent) document.getElementById("sent").textContent = sent;
    if (!response.ok) document.getElementById("flash").scrollIntoView({ block: "nearest" });
  } catch {
    told().textContent = "The hub does not answer. Nothing was sent.";
  } finally {
    form.removeAttribute("aria-busy");
    if (document.activeElement === document.body) document.getElementById("main").focus();
  }
}

function accepted(form, where) {
  form.reset();
  if (!("stay" in form.dataset)) {
    const menu = form.closest("details[data-popup], details.reply");
    if (menu !== null) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  history.replaceState(null, "", where);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
    event.target.form.requestSubmit();
  }
  if (event.key === "Escape") {
    const menu = event.target.closest?.("details[data-popup][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-popup][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
