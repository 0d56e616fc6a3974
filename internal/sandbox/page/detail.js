// One exchange or notification in full.

import { el, call } from "./dom.js";
import { nameOf } from "./webhooks.js";

export function duration(ms) {
  return ms < 1000 ? ms + " ms" : (ms / 1000).toFixed(3) + " s";
}

export function showExchange(x) {
  const facts = {
    Time: x.time, Duration: duration(x.duration_ms), Operation: x.operation || "none that App Store Connect has",
    Key: x.key_id, "Refused because": x.reason,
  };
  const target = x.path + (x.query ? "?" + x.query : "");
  return [
    pairs(facts),
    ...(x.violations.length ? [heading("Rules of the OpenAPI document that were broken"), el("ul", {}, ...x.violations.map((rule) => el("li", {}, rule)))] : []),
    heading("Request"),
    text(x.method + " " + target),
    headers(x.request.headers),
    ...body(x.request.body),
    heading("Response" + (x.status ? " " + x.status : ": the connection was cut")),
    headers(x.response.headers),
    ...body(x.response.body),
  ];
}

export function showNotification(n) {
  const result = el("p", { class: "result", role: "status" });
  const again = el("button", { type: "button", class: "quiet", onclick: async () => {
    try {
      const sent = await call("POST", "notifications/" + encodeURIComponent(n.id) + "/resend");
      result.textContent = "Sent again: " + (sent.status || sent.error);
    } catch (error) {
      result.textContent = error.message;
    }
  } }, "Send again");
  return [
    pairs({
      Time: n.created, Duration: duration(n.duration_ms), "Posted to": n.url, Webhook: nameOf(n.webhook_id), "Webhook id": n.webhook_id,
      "Notification id": n.notification_id,
      Signature: n.signature.replace("_", " "), State: n.state, Error: n.error,
    }),
    heading("Body"),
    ...body(n.body),
    heading("Response" + (n.status ? " " + n.status : ": none")),
    ...body(n.response_body),
    el("p", {}, again),
    result,
  ];
}

const heading = (words) => el("h3", {}, words);
const text = (words) => el("pre", { tabindex: "0" }, words);

function body(words) {
  if (words === "") return [];
  try {
    return [text(JSON.stringify(JSON.parse(words), null, 2))];
  } catch {
    return [text(words)];
  }
}

function headers(all) {
  const shown = {};
  for (const [name, values] of Object.entries(all || {})) shown[name] = values.join(", ");
  return pairs(shown);
}

function pairs(all) {
  const list = el("dl");
  for (const [name, value] of Object.entries(all)) if (value) list.append(el("dt", {}, name), el("dd", {}, value));
  return list;
}
