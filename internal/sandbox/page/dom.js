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
  const response = await fetch(path, options);
  if (response.status === 204) return null;
  const value = await response.json();
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

export function option(value, text = value) {
  return el("option", { value }, text);
}
