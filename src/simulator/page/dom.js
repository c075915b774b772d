/** Whoever is this close to the end of a box, in pixels, is reading its end. */
const NEAR_END = 48;

export const byId = (id) => document.getElementById(id);
export const byTestId = (id) => document.querySelector(`[data-testid="${id}"]`);

export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Changes a scrolled box. Whoever reads its end stays there; who has scrolled up is left alone. */
export function following(box, change) {
  const atEnd = isAtEnd(box);
  change();
  if (atEnd) toEnd(box);
}

/** Whoever reads the end stays there when pictures turn out to be larger than nothing. */
export function followPictures(box) {
  let atEnd = true;
  box.addEventListener("scroll", () => (atEnd = isAtEnd(box)));
  box.addEventListener("load", () => atEnd && toEnd(box), true);
}

const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;

export const toEnd = (box) => (box.scrollTop = box.scrollHeight);
