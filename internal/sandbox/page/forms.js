// Sending an event, and making calls fail.

import { $, action, attempt, call, el, onSubmit, option } from "./dom.js";

const sendForm = $("send-form"), faultForm = $("fault-form");
const types = new Map();

// begin fills in what there is to choose from, once.
export async function begin() {
  if (types.size) return;
  const { event_types } = await call("GET", "event-types");
  const faults = await call("GET", "faults");
  const groups = { true: el("optgroup", { label: "To the marketplace's webhook" }), false: el("optgroup", { label: "To webhooks of an app" }) };
  for (const type of event_types) {
    types.set(type.type, type);
    groups[/^[A-Z]/.test(type.type)].append(option(type.type));
  }
  sendForm.elements.type.replaceChildren(...Object.values(groups));
  showFields();
  faultForm.elements.operation.replaceChildren(option("", "any"), ...faults.operations.map((name) => option(name)));
  faultForm.elements.kind.replaceChildren(...faults.kinds.map((name) => option(name)));
}

function showFields() {
  const { type, fields } = types.get(sendForm.elements.type.value);
  $("app-choice").hidden = /^[A-Z]/.test(type) || sendForm.elements.app_id.options.length < 2;
  $("fields").replaceChildren(...Object.entries(fields).map(([name, value]) => {
    const words = name.replaceAll("_", " ");
    if (typeof value === "boolean") {
      return el("label", { class: "check" }, el("input", { type: "checkbox", name: "field " + name, checked: value }), words);
    }
    const shown = Array.isArray(value) ? value.join(", ") : value;
    return el("label", {}, words, el("input", { name: "field " + name, value: shown ?? "", placeholder: value === null ? "now" : "" }));
  }));
}

// changedFields are those that differ from what they were filled in with.
function changedFields() {
  const changed = {};
  for (const [name, value] of Object.entries(types.get(sendForm.elements.type.value).fields)) {
    const input = sendForm.elements["field " + name];
    if (input.type === "checkbox") changed[name] = input.checked;
    else if (input.value === input.defaultValue) continue;
    else if (Array.isArray(value)) changed[name] = input.value.split(",").map((item) => item.trim());
    else changed[name] = input.value;
  }
  return changed;
}

sendForm.elements.type.addEventListener("change", showFields);

onSubmit(sendForm, async () => {
  const { type, app_id, signature, copies, concurrent } = sendForm.elements;
  const sent = await call("POST", "notifications", {
    type: type.value, app_id: /^[A-Z]/.test(type.value) ? "" : app_id.value, signature: signature.value,
    copies: copies.valueAsNumber, concurrent: concurrent.checked, fields: changedFields(),
  });
  return "Responded: " + sent.notifications.map((n) => n.status || "nothing").join(", ");
});

onSubmit(faultForm, async () => {
  const { operation, kind, status, times, delay_ms, applied } = faultForm.elements;
  await call("POST", "faults", {
    operation: operation.value, kind: kind.value, status: status.valueAsNumber || 0,
    times: times.valueAsNumber, delay_ms: delay_ms.valueAsNumber, applied: applied.checked,
  });
  return "It will.";
});

$("disarm").addEventListener("click", () => attempt(() => call("DELETE", "faults")));

export function showFaults({ faults }) {
  $("faults").replaceChildren(...faults.map((fault) => {
    const times = fault.times < 0 ? "every time" : fault.times === 1 ? "once" : fault.times + " times";
    const what = fault.kind + (fault.status ? " " + fault.status : "") + (fault.applied ? ", applied" : "");
    const words = (fault.operation || "any call") + ": " + what + ", " + times;
    return el("li", {}, words, " ", action("Remove", () => call("DELETE", "faults/" + fault.id), "Remove " + words));
  }));
  $("disarm").hidden = faults.length === 0;
}

// showApps offers the apps whose webhooks can be sent to.
export function showApps(apps) {
  const select = sendForm.elements.app_id, chosen = select.value;
  select.replaceChildren(...apps.map((id) => option(id)));
  if (apps.includes(chosen)) select.value = chosen;
  if (types.size) $("app-choice").hidden = /^[A-Z]/.test(sendForm.elements.type.value) || apps.length < 2;
}

// subscriptions are the event types that a webhook may have.
export const subscriptions = () => [...types.values()].map((type) => type.subscription).filter(Boolean);
