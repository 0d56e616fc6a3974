// Elements and calls. Text reaches the page as text only.

export const $ = (id) => document.getElementById(id);

export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  for (const child of children) if (child != null) made.append(child); // strings become text nodes
  return made;
}

// call asks the control API and returns what it responds, or throws its error.
export async function call(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The sandbox does not respond.");
  }
  if (response.status === 204) return null;
  let value;
  try {
    value = await response.json();
  } catch {
    throw new Error("The sandbox's response was cut off.");
  }
  if (!response.ok) throw new Error(value.error);
  return value;
}

// say shows the result of a form.
export function say(form, text, bad) {
  const result = form.querySelector(".result");
  result.textContent = text;
  result.className = bad ? "result bad" : "result";
}

// onSubmit calls act for a form that was filled in, and shows what it returns.
export function onSubmit(form, act) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    say(form, "…");
    try {
      say(form, await act());
    } catch (error) {
      say(form, error.message, true);
    } finally {
      button.disabled = false;
    }
  });
}

// attempt calls act. A failure is shown, with a button that tries again.
export async function attempt(act) {
  try {
    await act();
    $("problem").hidden = true;
  } catch (error) {
    const again = el("button", { type: "button", class: "quiet", onclick: () => attempt(act) }, "Try again");
    $("problem").replaceChildren(error.message + " ", again);
    $("problem").hidden = false;
  }
}

export function action(words, act, label) {
  return el("button", { type: "button", class: "quiet", "aria-label": label, onclick: () => attempt(act) }, words);
}

export function option(value, text = value) {
  return el("option", { value }, text);
}

let unsaid = [];

// announce says what is new to those who don't see it: the latest, at most once a second.
export function announce(words) {
  if (unsaid.push(words) > 1) return;
  setTimeout(() => {
    $("announced").textContent = (unsaid.length > 1 ? unsaid.length + " new, the latest: " : "") + unsaid.at(-1);
    unsaid = [];
  }, 1000);
}
