import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { marked, type Token, type Tokens } from "marked";
import { ROOT } from "../../support/runtimes.ts";

interface Page {
  readonly headings: ReadonlySet<string>;
  readonly depths: readonly number[];
  readonly links: readonly string[];
}

const readPage = (path: string) => pageOf(readFileSync(path, "utf8"));

function pageOf(text: string): Page {
  const headings = new Set<string>();
  const depths: number[] = [];
  const links: string[] = [];
  const walk = (tokens: readonly Token[]) => {
    for (const token of tokens) {
      if (token.type === "heading") {
        headings.add(anchorOf(token as Tokens.Heading, headings));
        depths.push((token as Tokens.Heading).depth);
      }
      if (token.type === "html") {
        for (const [, id = ""] of token.raw.matchAll(/\bid="([^"]+)"/g)) headings.add(id);
      }
      if (token.type === "link" || token.type === "image") links.push((token as Tokens.Link).href);
      walk(childrenOf(token));
    }
  };
  walk(marked.lexer(text));
  return { headings, depths, links };
}

function childrenOf(token: Token): readonly Token[] {
  if (token.type === "list") return (token as Tokens.List).items;
  if (token.type !== "table") return ("tokens" in token ? token.tokens : undefined) ?? [];
  const { header, rows } = token as Tokens.Table;
  return [header, ...rows].flat().flatMap(({ tokens }) => tokens);
}

/** As GitHub makes them: small letters, without punctuation, a dash for each blank, a number for the next alike. */
function anchorOf({ tokens }: Tokens.Heading, taken: ReadonlySet<string>): string {
  const base = wordsOf(tokens)
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
  let anchor = base;
  for (let count = 1; taken.has(anchor); count++) anchor = `${base}-${count}`;
  return anchor;
}

const wordsOf = (tokens: readonly Token[]): string =>
  tokens
    .map((token) =>
      "tokens" in token && token.tokens ? wordsOf(token.tokens) : "text" in token ? token.text : "",
    )
    .join("");

/** What leads nowhere: a file that is not there, a heading no page has. */
function brokenIn(path: string): string[] {
  return readPage(path)
    .links.filter((href) => !/^[a-z]+:/i.test(href))
    .filter((href) => {
      const [file = "", anchor] = href.split("#");
      const target = file === "" ? path : resolve(dirname(path), decodeURIComponent(file));
      if (!existsSync(target)) return true;
      if (anchor === undefined) return false;
      return !readPage(target).headings.has(decodeURIComponent(anchor));
    });
}

const pages = ["", "docs"].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(ROOT, folder, file)),
);
const nameOf = (path: string) => relative(ROOT, path);

describe("links", () => {
  test.each(pages.map((path) => [nameOf(path), path] as const))("%s", (_, path) => {
    expect(brokenIn(path)).toEqual([]);
  });

  test("anchors are made as GitHub makes them", () => {
    const { headings } = pageOf(
      "# `POST /v1/messages`\n## Files, and why?\n## 走哪条路\n## Files, and why?\n",
    );
    expect([...headings]).toEqual([
      "post-v1messages",
      "files-and-why",
      "走哪条路",
      "files-and-why-1",
    ]);
  });
});

describe("a page that stands in both languages", () => {
  const otherOf = (path: string) =>
    path.endsWith(".zh-CN.md")
      ? path.replace(/\.zh-CN\.md$/, ".md")
      : path.replace(/\.md$/, ".zh-CN.md");
  const both = pages.filter((path) => pages.includes(otherOf(path)));

  test.each(both.map((path) => [nameOf(path), path] as const))("%s links the other", (_, path) => {
    const [link] = readPage(path).links;
    expect(resolve(dirname(path), link ?? "")).toBe(otherOf(path));
  });

  test.each(pages.map((path) => [nameOf(path), path] as const))(
    "%s leads to pages in its own language where there are such",
    (_, path) => {
      const isChinese = (page: string) => page.endsWith(".zh-CN.md");
      const strange = readPage(path)
        .links.map((href) => resolve(dirname(path), href.split("#")[0] ?? ""))
        .filter((to) => to !== otherOf(path) && both.includes(to))
        .filter((to) => isChinese(to) !== isChinese(path));
      expect(strange).toEqual([]);
    },
  );

  test.each(both.filter((path) => path.endsWith(".zh-CN.md")).map((path) => [nameOf(path), path]))(
    "%s has the same headings",
    (_, path) => {
      expect(readPage(path).depths).toEqual([...readPage(otherOf(path)).depths]);
    },
  );
});
