import type { Button } from "../../message.ts";

/** A link whose words and address cannot break out of it. */
export function linkTo({ title, url }: Button): string {
  return `[${title.replace(/\s+/g, " ").replace(/[\\[\]]/g, "\\$&")}](${addressIn(url)})`;
}

export const imageOf = (address: string) => `![](${addressIn(address)})`;

const addressIn = (url: string) =>
  url.replace(/[\s()<>\\]/g, (char) =>
    // encodeURIComponent() lets brackets through.
    char === "(" ? "%28" : char === ")" ? "%29" : encodeURIComponent(char),
  );
