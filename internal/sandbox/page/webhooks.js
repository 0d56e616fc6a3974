// What is registered: shown, pinged, edited and deleted.

import { $, action, call, el, onSubmit } from "./dom.js";
import { showApps, subscriptions } from "./forms.js";

let registered = { apps: [], marketplace_webhook: null, webhooks: [] };

export function showState(state) {
  registered = state;
  const shown = state.webhooks.map(appWebhook);
  if (state.marketplace_webhook) shown.unshift(marketplaceWebhook(state.marketplace_webhook));
  if (!shown.length) shown.push(el("p", {}, "None. Your service registers one, or PUT /state does."));
  if (!$("webhooks").querySelector("form")) $("webhooks").replaceChildren(...shown); // nobody is editing
  showApps(state.apps);
}

// nameOf is how people know a webhook.
export function nameOf(id) {
  const known = registered.webhooks.find((webhook) => webhook.id === id);
  if (known) return known.name || known.url;
  return registered.marketplace_webhook?.id === id ? "marketplace webhook" : "a deleted webhook";
}

// change replaces what is registered by what edit makes of it.
async function change(edit) {
  const state = await call("GET", "state");
  edit(state);
  await call("PUT", "state", state);
}

function marketplaceWebhook(webhook) {
  const remove = () => change((state) => { state.marketplace_webhook = null; });
  const save = (form) => change((state) => {
    if (state.marketplace_webhook?.id !== webhook.id) throw gone();
    Object.assign(state.marketplace_webhook, { endpoint_url: form.url.value }, secretOf(form));
  });
  return card("Marketplace webhook", webhook.endpoint_url, webhook, [el("p", {}, "id " + webhook.id)], [], { remove, save });
}

function appWebhook(webhook) {
  const types = el("details", {}, el("summary", {}, webhook.event_types.length + " event types"),
    el("ul", {}, ...webhook.event_types.map((type) => el("li", {}, type))));
  const about = [
    el("p", {}, (webhook.enabled ? "" : "disabled · ") + "app " + webhook.app_id),
    el("p", {}, "id " + webhook.id), types,
  ];
  const remove = () => change((state) => { state.webhooks = state.webhooks.filter((other) => other.id !== webhook.id); });
  const save = (form) => change((state) => {
    const there = state.webhooks.find((other) => other.id === webhook.id);
    if (!there) throw gone();
    const event_types = [...form.event_type].filter((input) => input.checked).map((input) => input.value);
    Object.assign(there, { url: form.url.value, name: form.title.value, enabled: form.enabled.checked, event_types }, secretOf(form));
  });
  const ping = async () => {
    const sent = await call("POST", "notifications", { type: "webhookPingCreated", webhook_id: webhook.id });
    const { status, error } = sent.notifications[0];
    if (status < 200 || status > 299) throw new Error("The ping was not acknowledged: " + (status || error));
  };
  const inputs = [
    el("label", {}, "Name", el("input", { name: "title", value: webhook.name })),
    el("label", { class: "check" }, el("input", { type: "checkbox", name: "enabled", checked: webhook.enabled }), "enabled"),
    el("fieldset", {}, el("legend", {}, "Event types"), ...subscriptions().map((type) => el("label", { class: "check" },
      el("input", { type: "checkbox", name: "event_type", value: type, checked: webhook.event_types.includes(type) }), type))),
  ];
  return card(webhook.name || "Webhook", webhook.url, webhook, about, inputs, { ping, remove, save });
}

const gone = () => new Error("It has been deleted meanwhile.");

const secretOf = (form) => (form.secret.value ? { secret: form.secret.value } : {});

function card(title, url, webhook, about, inputs, { ping, remove, save }) {
  const made = el("div", { class: "webhook" });
  const confirmed = async () => { if (confirm("Delete " + title + "?")) await remove(); };
  const view = () => made.replaceChildren(
    el("strong", {}, title), el("p", {}, url), ...about,
    el("p", { class: "actions" },
      ping ? action("Ping", ping, "Ping " + title) : null,
      action("Edit", () => edit(), "Edit " + title), action("Delete", confirmed, "Delete " + title)));
  const edit = () => {
    const form = el("form", {},
      el("label", {}, "URL", el("input", { name: "url", value: url, required: true })), ...inputs,
      el("label", {}, "New secret", el("input", { name: "secret", autocomplete: "off", placeholder: "stays as it is" })),
      el("p", { class: "actions" }, el("button", { type: "submit" }, "Save"), action("Cancel", () => leave())),
      el("p", { class: "result", role: "status" }));
    onSubmit(form, async () => {
      await save(form.elements);
      leave();
      return "";
    });
    made.replaceChildren(el("strong", {}, "Edit " + title), form);
    form.elements.url.focus();
  };
  const leave = async () => {
    view();
    showState(await call("GET", "state"));
  };
  view();
  return made;
}
