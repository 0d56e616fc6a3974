// The page: it lists what there is, and then follows the stream of events.

import { $, call } from "./dom.js";
import { add, clear, oldest, trim } from "./rows.js";
import { begin, showFaults, showState } from "./forms.js";

const pageSize = 200;

// list adds what is older than what the page has; at first, the latest.
async function list() {
  const query = (before) => "?limit=" + pageSize + (before ? "&before=" + before : "");
  const [calls, events] = await Promise.all([
    call("GET", "exchanges" + query(oldest(true))), call("GET", "notifications" + query(oldest(false))),
  ]);
  for (const value of [...calls.exchanges, ...events.notifications]) add(value);
  const full = calls.exchanges.length === pageSize || events.notifications.length === pageSize;
  $("older").hidden = !full;
}

async function refresh() {
  clear();
  await list();
  showState(await call("GET", "state"));
  showFaults(await call("GET", "faults"));
}

$("older").addEventListener("click", list);

$("reset").addEventListener("click", async () => {
  if (confirm("Forget all webhooks, calls, notifications and faults?")) await call("POST", "reset");
});

function live(on) {
  $("live").className = on ? "on" : "";
  $("live").textContent = on ? "live" : "not connected";
}

function follow() {
  const stream = new EventSource("events");
  const on = (name, act) => stream.addEventListener(name, (event) => act(JSON.parse(event.data)));
  const show = (value) => { add(value); trim(); };
  stream.addEventListener("open", async () => { await refresh(); live(true); });
  stream.addEventListener("error", () => live(false));
  on("exchange", show);
  on("notification", show);
  on("state", showState);
  on("faults", showFaults);
  on("reset", refresh);
}

// Narrow pages begin with the list, not with the forms.
if (matchMedia("(max-width: 900px)").matches) {
  for (const tool of document.querySelectorAll("#tools > details")) tool.open = false;
}
await begin();
follow();
