import { expect } from "bun:test";
import type { Verdict } from "../../../src/core/dingtalk/errors.ts";
import type { UploadFile, Uploaded } from "../../../src/core/dingtalk/upload.ts";
import { createGuard } from "../../../src/core/media/guard.ts";
import { createOutgoing, type FileRead } from "../../../src/core/media/outgoing.ts";
import { createReceive } from "../../../src/core/media/receive.ts";
import type { Attachment, Source } from "../../../src/core/message.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";

export const MB = 2 ** 20;
export const begin = (start: string, size = start.length) => {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < start.length; at++) bytes[at] = start.charCodeAt(at);
  return bytes;
};
export const PNG = "\x89PNG\r\n\x1a\n";
export const AMR = (seconds: number) => begin(`#!AMR\n${"\x78".repeat(seconds * 50)}`);
export const OGG = begin(
  `OggS\0\x02${"\0".repeat(20)}\x01\x13OpusHead\x01\x01${"\0".repeat(9)}` +
    `OggS\0\0\x80\xbb\0\0\0\0\0\0${"\0".repeat(12)}\0`,
);
/** 2.5 s. */
export const MP4 = begin(
  `\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x74moov\0\0\0\x6cmvhd${"\0".repeat(12)}\0\0\x03\xe8\0\0\x09\xc4`,
  16 + 0x74,
);
export const PDF = begin("%PDF-1.7\n");

interface World {
  readonly disk?: Readonly<Record<string, Uint8Array | Extract<FileRead, { ok: false }>["reason"]>>;
  readonly web?: (url: string) => Response | Promise<Response>;
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  readonly allowHosts?: readonly string[];
  readonly upload?: (
    file: UploadFile,
    at: number,
  ) => Verdict | undefined | Promise<Verdict | undefined>;
}

/** All that is real but the network, the disk and DingTalk. */
export function preparing(world: World = {}) {
  const clock = createFakeClock();
  const log = createFakeLog();
  const uploads: UploadFile[] = [];
  const asked: string[] = [];
  const fetched: string[] = [];
  const { allowHosts = [] } = world;
  const outgoing = createOutgoing({
    async upload(file, signal): Promise<Uploaded> {
      const at = uploads.push(file) - 1;
      const refused = await world.upload?.(file, at);
      if (signal.aborted) return { ok: false, failure: "retry", reason: "stopped" };
      return refused === undefined
        ? { ok: true, mediaId: `@${file.type}${at}` }
        : { ok: false, ...refused };
    },
    files: {
      async read(path, maxBytes) {
        asked.push(path);
        const found = world.disk?.[path] ?? "missing";
        if (typeof found === "string") return { ok: false, reason: found };
        if (found.length > maxBytes) return { ok: false, reason: "too-large" };
        return { ok: true, bytes: found, name: path.split("/").at(-1) ?? "" };
      },
    },
    receive: createReceive({
      guard: createGuard({
        byName: () => false,
        resolve: async (host) => world.hosts?.[host] ?? ["1.1.1.1"],
        allowHosts,
        apiUrls: [],
      }),
      async fetchPinned(url, { signal }) {
        fetched.push(url);
        const gone = new Promise<never>((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as Error)),
        );
        return await Promise.race([world.web?.(url) ?? new Response(PDF), gone]);
      },
      clock,
      limits: { maxBytes: 20 * MB, stallMs: 15_000, redirects: 3 },
    }),
    allowHosts,
    clock,
    log,
  });
  const stop = new AbortController();
  const prepare = async (
    format: Attachment["format"],
    source: Source | string,
    more: Partial<Attachment> = {},
  ) => {
    const from = typeof source === "string" ? { path: source } : source;
    const result = await outgoing.prepare({ format, source: from, ...more }, stop.signal);
    // Nothing of where it came from but the name.
    const told = result.ok ? log.text() : result.reason + log.text();
    expect(told).not.toMatch(/\/srv|:\/\/|s1gned/);
    return result;
  };
  return { clock, log, uploads, asked, fetched, stop, prepare };
}

export const types = (uploads: readonly UploadFile[]) => uploads.map(({ type }) => type);
