// The stream of events, opened again whenever it ends.

const names = ["exchange", "notification", "state", "faults", "reset"];

// stream calls receive with {name, data} for each event, and for open and closed. It returns what ends it.
export function stream(receive) {
  let source, timer;
  const open = () => {
    source = new EventSource("events");
    source.addEventListener("open", () => receive({ name: "open" }));
    source.addEventListener("error", () => {
      receive({ name: "closed" });
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 2000); // it was refused
    });
    for (const name of names) source.addEventListener(name, (event) => receive({ name, data: JSON.parse(event.data) }));
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
