// The worker that follows the stream for all tabs.

import { stream } from "./stream.js";

const tabs = new Set();
let state = "closed";

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = () => tabs.delete(port);
  tabs.add(port);
  if (state === "open") port.postMessage({ name: "open" });
};

stream((event) => {
  if (event.name === "open" || event.name === "closed") state = event.name;
  for (const tab of tabs) tab.postMessage(event);
});
