import { byId, following, make } from "./dom.js";
import { people } from "./markdown.js";
import { t, toMs } from "./texts.js";

const MAX_FRAMES = 300;
const log = byId("log");

/** What goes over the link, in the panel's log. */
export function onFrame({ direction, label, detail, time }) {
  const json = parsed(detail);
  if (json?.senderStaffId) people.set(json.senderStaffId, json.senderNick);
  const arrow = { class: "arrow", role: "img", "aria-label": t[direction] };
  const summary = make(
    "summary",
    {},
    make("span", arrow, direction === "in" ? "↓" : "↑"),
    make("span", { class: "label" }, label),
    make("time", {}, toMs.format(time)),
    make("span", { class: "detail" }, detail.slice(0, 160)),
  );
  const body = make("pre", {}, json === undefined ? detail : JSON.stringify(json, null, 2));
  const frame = { class: `frame ${direction} ${toneOf(label)}`, "data-testid": "frame" };
  following(log, () => {
    log.append(make("details", frame, summary, body));
    if (log.childElementCount > MAX_FRAMES) log.firstElementChild.remove();
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toneOf(label) {
  if (label === "link up") return "good";
  return /link down|redelivery|disconnect|ack [45]/.test(label) ? "bad" : "";
}
