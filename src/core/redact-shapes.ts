/** Stands where a secret was. Shorter than any secret that is looked for, so hiding always ends. */
export const HIDDEN = "***";

/** Names of fields whose value is nobody's business, whatever it is. */
const NAMED =
  /secret|token|ticket|passw|webhook|authorization|cookie|credential|api[-_]?key|private[-_]?key/i;

export const isSecretName = (name: string): boolean => NAMED.test(name);

/** Cheap: most texts hold none of these, and are let through unread by the shapes. */
const SUSPICIOUS =
  /secret|token|ticket|passw|webhook|authorization|bearer|api[-_]?key|:\\{0,8}\/|[?&](?:s|code)|%/i;

const EQUALS = String.raw`(?:=|%(?:25){0,4}3[Dd])`;
const NAME = "(?:secret|token|ticket|passw(?:or)?d|api[-_]?key)[\\w-]{0,32}";
/** What comes before a value is kept ($1), the value goes. All of bounded length or one pass: no text is slow. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // {"clientSecret":"…"}, as text, and as text within text: \"clientSecret\":\"…\"
  [
    /((?:secret|token|ticket|passw(?:or)?d|webhook|authorization|api[-_]?key)[\w-]{0,32}"\s{0,4}:\s{0,4}")(?:[^"\\]|\\.)+/gi,
    `$1${HIDDEN}`,
  ],
  [
    /((?:secret|token|ticket|passw(?:or)?d|webhook|authorization|api[-_]?key)[\w-]{0,32}\\{1,8}"\s{0,4}:\s{0,4}\\{1,8}")(?:[^"\\]|\\{1,8}[^"\\])+/gi,
    `$1${HIDDEN}`,
  ],
  // access_token=…, ticket=…, also where an address is a parameter of another one.
  [new RegExp(String.raw`(${NAME}${EQUALS})[^&\s"'<>\\]+`, "gi"), `$1${HIDDEN}`],
  // sendBySession?session=…: whoever has it may write into the chat. `session=` elsewhere is a session's name.
  [
    new RegExp(
      String.raw`((?:[?&]|%(?:25){0,4}(?:3[Ff]|26))(?:session|sign|signature|code)${EQUALS})[^&\s"'<>\\]+`,
      "gi",
    ),
    `$1${HIDDEN}`,
  ],
  // Headers.
  [
    /((?:authorization|access-token)["']?\s{0,4}[:=]\s{0,4}["']?)(?:(?:Bearer|Basic|Digest|Token)\s+)?[^\s"',;<>\\]+/gi,
    `$1${HIDDEN}`,
  ],
  [/\b(Bearer(?:\s{1,4}|%(?:25){0,4}20|\+))[^\s"',;<>\\]+/gi, `$1${HIDDEN}`],
  // https://user:password@host
  [/(:(?:\\{0,8}\/){2})[^\s/?#"'<>\\]{1,1024}@/g, `$1${HIDDEN}@`],
  [
    /((?::|%(?:25){0,4}3[Aa])(?:%(?:25){0,4}2[Ff]){2})[^\s/?#"'<>\\]{1,1024}%(?:25){0,4}40/g,
    `$1${HIDDEN}%40`,
  ],
];

/** Without what looks like a secret, whether it is a known one or not. */
export function hideShapes(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return SHAPES.reduce((left, [shape, instead]) => left.replace(shape, instead), text);
}

/** Escapes of escapes are seen through as often as this. */
const ESCAPE = String.raw`(?:\\|%(?:25){0,4}5[Cc])`;

/** Finds a secret as it is, URL-encoded, JSON-escaped, HTML-escaped, and in any mixture of them. In bounded steps for a character. */
export function patternOf(secret: string): RegExp {
  const parts: string[] = [];
  let backslashes = 0;
  for (const char of secret) {
    if (char === "\\") {
      backslashes++;
      continue;
    }
    const after = backslashes > 0;
    if (after) parts.push(run(backslashes));
    backslashes = 0;
    parts.push(pieceOf(char, parts.length > 0 && !after));
  }
  if (backslashes > 0) parts.push(run(backslashes));
  return new RegExp(parts.join(""), "g");
}

/** Of backslashes, which are what escaping doubles. */
const run = (count: number) =>
  `(?:${ESCAPE}{${count},${count * 8}}|(?:${ESCAPE}{1,8}u005[cC]){${count}})`;

const SHORT: Readonly<Record<string, string>> = {
  "\n": "n",
  "\r": "r",
  "\t": "t",
  "\b": "b",
  "\f": "f",
};

/** As a page has them: a proxy's complaint quotes what it was sent. */
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "amp",
  "<": "lt",
  ">": "gt",
  '"': "quot",
  "'": "(?:apos|#0?39|#x27)",
};

/** One character in all its spellings; `inside`: a backslash may have been put before it. */
function pieceOf(char: string, inside: boolean): string {
  const bytes = [...new TextEncoder().encode(char)];
  const percent = bytes.map((byte) => `%(?:25){0,4}${hex(byte, 2)}`).join("");
  const units = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at));
  const unicode = units.map((unit) => `${ESCAPE}{1,8}u${hex(unit, 4)}`).join("");
  const spellings = [literal(char), percent, unicode];
  if (char === " ") spellings.push(String.raw`\+`);
  const short = SHORT[char];
  if (short !== undefined) spellings.push(`${ESCAPE}{1,8}${short}`);
  const entity = ENTITIES[char];
  if (entity !== undefined) spellings.push(`&(?:amp;){0,4}${entity};`);
  return `${inside ? `${ESCAPE}{0,8}` : ""}(?:${spellings.join("|")})`;
}

const literal = (char: string) => char.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

/** In capital and in small letters. */
const hex = (value: number, digits: number) =>
  value
    .toString(16)
    .padStart(digits, "0")
    .replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
