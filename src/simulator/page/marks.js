import { make } from "./dom.js";

/** Puts a reaction under a message, or takes it off. */
export function mark(row, name, on) {
  const marks = row.querySelector(".marks") ?? make("div", { class: "marks" });
  if (marks.parentElement === null) row.querySelector(".said").append(marks);
  const known = [...marks.children].find(({ textContent }) => textContent === name);
  if (!on) known?.remove();
  else if (known === undefined) marks.append(make("span", { "data-testid": "reaction" }, name));
}
