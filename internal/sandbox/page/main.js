// The page: it lists what there is, and then follows what happens.

import { $, announce, attempt, call } from "./dom.js";
import { showAbout } from "./about.js";
import { add, clear, more, oldest, summary, trim } from "./rows.js";
import { begin, showFaults } from "./forms.js";
import { stream } from "./stream.js";
import { showState } from "./webhooks.js";

const pageSize = 200;

// list adds what is older than what the page has; at first, the latest.
async function list() {
  const query = (before) => "?limit=" + pageSize + (before ? "&before=" + before : "");
  const [calls, events] = await Promise.all([
    call("GET", "exchanges" + query(oldest(true))), call("GET", "notifications" + query(oldest(false))),
  ]);
  const found = [...calls.exchanges, ...events.notifications];
  for (const value of found) add(value);
  const full = calls.exchanges.length === pageSize || events.notifications.length === pageSize;
  $("older").hidden = !full;
  return found.length;
}

let loading; // the last load, of which only the result counts

async function refresh() {
  const mine = (loading = {});
  const [about, state, faults] = await Promise.all([call("GET", "about"), call("GET", "state"), call("GET", "faults")]);
  await begin();
  if (mine !== loading) return;
  showAbout(about);
  showState(state);
  showFaults(faults);
  clear();
  await list();
}

$("older").addEventListener("click", () => attempt(async () => more(await list())));

$("reset").addEventListener("click", () => {
  if (confirm("Forget all webhooks, calls, notifications and faults?")) attempt(() => call("POST", "reset"));
});

function live(on, words) {
  $("live").className = on ? "on" : "";
  $("live").textContent = words;
}

// load shows everything anew, and tries again until that succeeds.
async function load(wait = 1000) {
  try {
    await refresh();
    live(true, "live");
  } catch (error) {
    live(false, "not connected, trying again");
    setTimeout(load, wait, Math.min(2 * wait, 15_000));
  }
}

const show = (value) => {
  add(value);
  trim();
  announce(summary(value));
};

const on = {
  open: () => load(),
  closed: () => live(false, "not connected, trying again"),
  exchange: show,
  notification: show,
  state: showState,
  faults: showFaults,
  reset: () => load(),
};
const receive = ({ name, data }) => on[name](data);

// follow has the stream from the worker that all tabs share, since a browser makes only six connections to a host.
function follow() {
  if (!window.SharedWorker) return followAlone();
  const worker = new SharedWorker("follow.js", { type: "module" });
  worker.onerror = followAlone;
  worker.port.onmessage = (event) => receive(event.data);
  addEventListener("pagehide", () => worker.port.postMessage("leave"));
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

// followAlone has a stream of its own, while the page is seen.
function followAlone() {
  let close = () => {};
  const visible = () => {
    close();
    close = document.hidden ? () => {} : stream(receive);
  };
  document.addEventListener("visibilitychange", visible);
  visible();
}

// Narrow pages begin with the list, not with the forms.
if (matchMedia("(max-width: 900px)").matches) {
  for (const tool of document.querySelectorAll("#tools > details")) tool.open = false;
}
follow();
