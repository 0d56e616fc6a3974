// The list of what happened, the latest first.

import { $, el, call } from "./dom.js";
import { duration, showExchange, showNotification } from "./detail.js";
import { nameOf } from "./webhooks.js";

let most = 500; // rows on the page
const rows = new Map(); // by key: {key, at, value, item}

const isCall = (value) => "operation" in value;
const timeOf = (value) => (isCall(value) ? value.time : value.created);
const keyOf = (value) => (isCall(value) ? "call " : "event ") + value.id;

export function clear() {
  rows.clear();
  $("rows").replaceChildren();
  upToDate();
}

// add shows a row, or brings one up to date that is there. Most are the latest.
export function add(value) {
  const key = keyOf(value), known = rows.get(key);
  if (known) {
    if (value.state === "PENDING" && known.value.state !== "PENDING") return; // a list that came late
    known.value = value;
    known.button.replaceChildren(...cells(value));
    if (!known.detail.hidden) open(known);
    known.item.hidden = !wanted(value);
    upToDate();
    return;
  }
  const row = make(key, value);
  let before = $("rows").firstElementChild;
  while (before && before.dataset.at > row.item.dataset.at) before = before.nextElementSibling;
  $("rows").insertBefore(row.item, before);
  rows.set(key, row);
  upToDate();
}

// more leaves room for what a reader asked for.
export function more(count) {
  most += count;
}

// trim takes the oldest rows away when there are too many.
export function trim() {
  const list = $("rows");
  while (list.children.length > most) {
    rows.delete(list.lastElementChild.dataset.key);
    list.lastElementChild.remove();
    $("older").hidden = false;
  }
}

// oldest is the number of the oldest call, or of the oldest notification, on the page; 0 if there is none.
export function oldest(calls) {
  const numbers = [...rows.values()].filter((row) => isCall(row.value) === calls).map((row) => row.value.number || row.value.id);
  return numbers.reduce((a, b) => Math.min(a, b), numbers[0] || 0);
}

function make(key, value) {
  const detail = el("div", { class: "detail", hidden: true });
  const button = el("button", { class: "row", type: "button", "aria-expanded": "false" }, ...cells(value));
  const at = new Date(timeOf(value)).toISOString();
  const order = at + String(isCall(value) ? value.id : 0).padStart(9, "0");
  const item = el("li", { "data-key": key, "data-at": order, hidden: !wanted(value) }, button, detail);
  const row = { key, value, item, button, detail };
  button.addEventListener("click", () => (detail.hidden ? open(row) : close(row)));
  return row;
}

function cells(value) {
  const at = new Date(timeOf(value));
  const status = verdict(value);
  return [
    el("span", { class: "when" }, el("time", { datetime: at.toISOString() },
      at.toLocaleTimeString("en-GB", { fractionalSecondDigits: 3, hour: "2-digit", minute: "2-digit", second: "2-digit" })), " ",
      el("span", { class: "took" }, value.state === "PENDING" ? "" : duration(value.duration_ms))),
    el("span", { class: "side" }, isCall(value) ? "call" : "event"),
    el("span", { class: "what" }, isCall(value) ? value.method + " " + value.path : value.type),
    el("span", { class: "status " + status.tone }, status.text),
    el("span", { class: "why" }, why(value)),
  ];
}

function why(value) {
  if (isCall(value)) return value.reason;
  const how = value.signature === "old_secret" ? "with the old secret" : value.signature === "forged" ? judged(value) : "";
  return ["to " + nameOf(value.webhook_id), how, value.redelivery ? "sent again" : "", value.error].filter(Boolean).join(" · ");
}

const isAcknowledged = (value) => value.status >= 200 && value.status < 300;
const isRefused = (value) => value.status >= 400 && value.status < 500;

// judged is what to think of how a forgery was received.
function judged(value) {
  if (isAcknowledged(value)) return "accepted although forged";
  return isRefused(value) ? "forged, refused as it should be" : "forged";
}

function verdict(value) {
  if (value.state === "PENDING") return { tone: "wait", text: "waiting" };
  const good = { forged: isRefused(value), old_secret: isRefused(value) || isAcknowledged(value) }[value.signature] ?? isAcknowledged(value);
  return { tone: good ? "good" : "bad", text: value.status ? String(value.status) : isCall(value) ? "cut" : "no response" };
}

// summary is a row in a few words.
export function summary(value) {
  const what = isCall(value) ? value.method + " " + value.path : value.type + " " + why(value);
  return what + ", " + verdict(value).text;
}

async function open(row) {
  row.detail.hidden = false;
  row.button.setAttribute("aria-expanded", "true");
  try {
    const [path, show] = isCall(row.value) ? ["exchanges/", showExchange] : ["notifications/", showNotification];
    row.detail.replaceChildren(...show(await call("GET", path + encodeURIComponent(row.value.id))));
  } catch (error) {
    row.detail.replaceChildren(el("p", { class: "bad" }, error.message));
  }
}

function close(row) {
  row.detail.hidden = true;
  row.button.setAttribute("aria-expanded", "false");
}

function wanted(value) {
  const filter = $("filter").value;
  if (filter === "bad") return verdict(value).tone === "bad";
  return filter === "" || (filter === "call") === isCall(value);
}

function upToDate() {
  $("nothing").textContent = rows.size ? "Nothing of what there is matches the filter."
    : "Nothing yet. A call to App Store Connect shows up here at once, and so does each notification.";
  $("nothing").hidden = [...rows.values()].some((row) => !row.item.hidden);
}

$("filter").addEventListener("change", () => {
  for (const row of rows.values()) row.item.hidden = !wanted(row.value);
  upToDate();
});

// The arrow keys go from row to row.
$("rows").addEventListener("keydown", (event) => {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!step || !event.target.classList.contains("row")) return;
  let item = event.target.parentElement[step];
  while (item && item.hidden) item = item[step];
  if (item) item.firstElementChild.focus();
  event.preventDefault();
});
