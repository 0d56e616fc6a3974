// What a client needs, to be copied.

import { $, el } from "./dom.js";

export function showAbout({ base_url, key_id, apps }) {
  const facts = { "Base URL": base_url, "Key ID": key_id, "App ID": apps[0] };
  $("about").replaceChildren(...Object.entries(facts).filter(([, value]) => value).map(([name, value]) => fact(name, value)));
}

function fact(name, value) {
  const shown = el("code", {}, value);
  const button = el("button", { type: "button", class: "quiet", onclick: async () => {
    say((await copy(value, shown)) ? "Copied" : "Press Ctrl+C for");
    setTimeout(say, 2000, "Copy");
  } });
  const say = (word) => button.replaceChildren(word, el("span", { class: "unseen" }, " the " + name));
  say("Copy");
  return el("span", {}, el("b", {}, name), " ", shown, " ", button);
}

// copy puts text into the clipboard, or at least selects it.
async function copy(text, element) {
  try {
    await navigator.clipboard.writeText(text); // not without TLS, other machines' pages aside
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}
