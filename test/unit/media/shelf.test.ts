import { describe, expect, test } from "bun:test";
import type { MediaPart } from "../../../src/core/inbound/model.ts";
import type { Download } from "../../../src/core/media/download.ts";
import { createShelf, isFetched, type MediaFiles } from "../../../src/core/media/shelf.ts";
import { createMemoryFiles } from "../../../src/store/media-files.ts";
import { promisesSettled } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d]);
const message = (msgId: string, account = "default") => ({ account, msgId });
const picture = (...codes: string[]): MediaPart => ({ kind: "media", media: "picture", codes });
const gone = { ok: false, reason: "HTTP 403", retry: false } as const;
const later = { ok: false, reason: "the connection broke", retry: true } as const;
const found: Download = { ok: true, bytes: PNG };

type Fate = Download | Promise<Download>;

/** A shelf whose downloads are the test's; `files` outlive it. */
function shelving(
  fate: (codes: readonly string[], at: number) => Fate = () => found,
  files: MediaFiles = createMemoryFiles(),
) {
  const fetched: (readonly string[])[] = [];
  const log = createFakeLog();
  const halt = new AbortController();
  const signals: AbortSignal[] = [];
  const shelf = createShelf({
    downloader: {
      async fetch(codes, signal) {
        fetched.push(codes);
        signals.push(signal);
        return await fate(codes, fetched.length - 1);
      },
    },
    files,
    log,
    signal: halt.signal,
  });
  return { shelf, files, fetched, log, halt, signals };
}

/** Downloads that end when the test says so. */
function held() {
  const open: ((download: Download) => void)[] = [];
  return {
    fate: () => new Promise<Download>((resolve) => open.push(resolve)),
    end: (download: Download = found) => open.shift()?.(download),
  };
}

/** Whether it is over, once promises have settled. */
async function over(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const end = () => void (done = true);
  void promise.then(end, end);
  await promisesSettled();
  return done;
}

describe("Shelf.begin()", () => {
  test("fetches at once, all that a message carries", async () => {
    const { shelf, fetched, files, halt, signals } = shelving();
    shelf.begin(message("m1"), [picture("a", "a2"), picture("b")]);
    await promisesSettled();
    expect(fetched).toEqual([["a", "a2"], ["b"]]);
    expect(await files.list()).toHaveLength(2);
    expect(signals.every((signal) => signal === halt.signal)).toBe(true);
  });

  test("fetches nothing of a voice whose words are known, and nothing without a code", async () => {
    const { shelf, fetched } = shelving();
    const voice: MediaPart = { kind: "media", media: "audio", codes: ["v"], recognition: "你好" };
    const none = picture();
    shelf.begin(message("m1"), [voice, none, picture("a")]);
    await promisesSettled();
    expect(fetched).toEqual([["a"]]);
    expect([voice, none, picture("a")].map(isFetched)).toEqual([false, false, true]);
  });

  test("never throws, whatever becomes of it", async () => {
    const { shelf, log } = shelving(() => Promise.reject(new Error("our own fault")));
    shelf.begin(message("m1"), [picture("secret-code")]);
    await promisesSettled();
    expect(log.entries).toMatchObject([{ level: "error", fields: { reason: "our own fault" } }]);
    expect(log.text()).not.toContain("secret-code");
  });
});

describe("Shelf.take()", () => {
  test("gives what was fetched, and fetches each file once", async () => {
    const { shelf, fetched } = shelving();
    const parts = [picture("a"), picture("b")];
    shelf.begin(message("m1"), parts);
    await promisesSettled();
    for (const at of [0, 1, 0]) {
      const taken = await shelf.take(message("m1"), parts, at);
      if (!taken.ok) throw new Error(taken.reason);
      expect(taken).toMatchObject({ kind: { mime: "image/png" }, size: PNG.length });
      expect(new Uint8Array(await taken.bytes())).toEqual(PNG);
    }
    expect(fetched).toHaveLength(2);
  });

  test("waits for what is under way", async () => {
    const { fate, end } = held();
    const { shelf, fetched } = shelving(fate);
    const parts = [picture("a")];
    shelf.begin(message("m1"), parts);
    const taken = shelf.take(message("m1"), parts, 0);
    expect(await over(taken)).toBe(false);
    end();
    expect(await taken).toMatchObject({ ok: true });
    expect(fetched).toHaveLength(1);
  });

  test("fetches what nobody began: an earlier process has died", async () => {
    const { shelf, fetched } = shelving();
    expect(await shelf.take(message("m1"), [picture("a")], 0)).toMatchObject({ ok: true });
    expect(fetched).toEqual([["a"]]);
  });

  test("does not fetch what an earlier process has fetched", async () => {
    const first = shelving();
    const parts = [picture("a"), picture("b")];
    first.shelf.begin(message("m1"), parts);
    await promisesSettled();
    const second = shelving(() => gone, first.files);
    for (const at of [0, 1]) {
      const taken = await second.shelf.take(message("m1"), parts, at);
      expect(taken).toMatchObject({ ok: true, kind: { mime: "image/png" } });
    }
    expect(second.fetched).toEqual([]);
  });

  test("tries again what may work the next time", async () => {
    const { shelf, fetched } = shelving((_codes, at) => (at === 0 ? later : found));
    const parts = [picture("a")];
    shelf.begin(message("m1"), parts);
    await promisesSettled();
    expect(await shelf.take(message("m1"), parts, 0)).toMatchObject({ ok: true });
    expect(fetched).toHaveLength(2);
  });

  test("does not try again what never will, and says why", async () => {
    const { shelf, fetched, log } = shelving(() => gone);
    const parts = [picture("secret-code")];
    shelf.begin(message("m1"), parts);
    await promisesSettled();
    expect(await shelf.take(message("m1"), parts, 0)).toMatchObject({
      ok: false,
      reason: "HTTP 403",
    });
    expect(await shelf.take(message("m1"), parts, 0)).toMatchObject({
      ok: false,
      reason: "HTTP 403",
    });
    expect(fetched).toHaveLength(1);
    expect(log.text()).not.toContain("secret-code");
  });

  test("says what cannot be kept, and tries again the next time", async () => {
    const files = createMemoryFiles();
    let full = true;
    const write: MediaFiles["write"] = (...given) =>
      full ? Promise.reject(new Error("ENOSPC: /home/me/data")) : files.write(...given);
    const { shelf, log } = shelving(undefined, { ...files, write });
    const parts = [picture("a")];
    const failed = await shelf.take(message("m1"), parts, 0);
    expect(failed).toMatchObject({ ok: false });
    // The agent is told no path of this machine's.
    expect(JSON.stringify(failed)).not.toContain("/home");
    expect(log.entries.at(-1)?.level).toBe("error");
    full = false;
    expect(await shelf.take(message("m1"), parts, 0)).toMatchObject({ ok: true });
  });

  test("keeps no bytes: they are read again when they are needed", async () => {
    const { shelf, files } = shelving();
    const taken = await shelf.take(message("m1"), [picture("a")], 0);
    const [name = ""] = await files.list();
    await files.write(name, Uint8Array.of(1, 2, 3));
    expect(taken.ok && new Uint8Array(await taken.bytes())).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("knows a file by its bytes, and its name tells texts apart", async () => {
    const bytes = new TextEncoder().encode("a,b\n1,2\n");
    const { shelf } = shelving(() => ({ ok: true, bytes }));
    const part: MediaPart = { kind: "media", media: "file", codes: ["a"], name: "x.csv" };
    const taken = await shelf.take(message("m1"), [part], 0);
    expect(taken).toMatchObject({ ok: true, kind: { family: "text", extension: "csv" } });
  });

  test("gives an empty file", async () => {
    const { shelf } = shelving(() => ({ ok: true, bytes: new Uint8Array() }));
    const taken = await shelf.take(message("m1"), [picture("a")], 0);
    expect(taken).toMatchObject({ ok: true, size: 0 });
  });

  test("has no part that is not there", async () => {
    const { shelf, fetched } = shelving();
    expect(await shelf.take(message("m1"), [picture("a")], 5)).toMatchObject({ ok: false });
    expect(fetched).toEqual([]);
  });

  test("does not hold on after a stop", async () => {
    const { shelf, halt, signals } = shelving(
      () =>
        new Promise((resolve) =>
          signals[0]?.addEventListener("abort", () => resolve({ ...later, reason: "stopped" })),
        ),
    );
    const taken = shelf.take(message("m1"), [picture("a")], 0);
    expect(await over(taken)).toBe(false);
    halt.abort(new Error("stopping"));
    expect(await taken).toMatchObject({ ok: false, reason: "stopped" });
  });
});

describe("Shelf, its files' names", () => {
  const evil = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    "",
    "a\0b",
    "x".repeat(10_000),
    "CON",
    "中文",
  ];

  test("have nothing in them that came from outside", async () => {
    const { shelf, files } = shelving();
    for (const text of evil) {
      const part: MediaPart = { kind: "media", media: "file", codes: ["c"], name: text };
      await shelf.take(message(text, text), [part], 0);
    }
    const names = await files.list();
    expect(names).toHaveLength(evil.length);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{32}-\d+$/);
  });

  test("are apart for accounts, messages and parts", async () => {
    const { shelf, files } = shelving();
    const parts = [picture("a"), picture("b")];
    for (const carrier of [message("m1"), message("m2"), message("m1", "other")]) {
      for (const at of [0, 1]) await shelf.take(carrier, parts, at);
    }
    // What two texts are together must not be what two others are.
    await shelf.take(message("b", "a"), parts, 0);
    await shelf.take(message("", "ab"), parts, 0);
    expect(new Set(await files.list()).size).toBe(8);
  });
});

describe("Shelf.drop()", () => {
  test("removes a message's files, and no other's", async () => {
    const { shelf, files } = shelving();
    const parts = [picture("a"), picture("b")];
    for (const id of ["m1", "m2"]) shelf.begin(message(id), parts);
    await promisesSettled();
    expect(await files.list()).toHaveLength(4);
    await shelf.drop(message("m1"));
    expect(await files.list()).toHaveLength(2);
    expect(await shelf.take(message("m2"), parts, 1)).toMatchObject({ ok: true });
  });

  test("leaves nothing of a download that was still under way", async () => {
    const { fate, end } = held();
    const { shelf, files } = shelving(fate);
    shelf.begin(message("m1"), [picture("a")]);
    await promisesSettled();
    const dropped = shelf.drop(message("m1"));
    await promisesSettled();
    end();
    await dropped;
    await promisesSettled();
    expect(await files.list()).toEqual([]);
  });

  test("does not wait for it: the chat's next turn would wait too", async () => {
    const { fate, end } = held();
    const { shelf, files } = shelving(fate);
    shelf.begin(message("m1"), [picture("a")]);
    await promisesSettled();
    expect(await over(shelf.drop(message("m1")))).toBe(true);
    end();
    await promisesSettled();
    expect(await files.list()).toEqual([]);
  });

  test("removes what an earlier process has fetched and this one never took", async () => {
    const first = shelving();
    first.shelf.begin(message("m1"), [picture("a"), picture("b")]);
    await promisesSettled();
    const second = shelving(undefined, first.files);
    await second.shelf.drop(message("m1"));
    expect(await first.files.list()).toEqual([]);
  });

  test("is nothing where there is nothing", async () => {
    const { shelf } = shelving(() => gone);
    await shelf.drop(message("m1"));
    await shelf.take(message("m1"), [picture("a")], 0);
    await shelf.drop(message("m1"));
    await shelf.drop(message("m1"));
  });

  test("forgets what became of it: a failure too", async () => {
    const { shelf, fetched } = shelving((_codes, at) => (at === 0 ? gone : found));
    await shelf.take(message("m1"), [picture("a")], 0);
    await shelf.drop(message("m1"));
    expect(await shelf.take(message("m1"), [picture("a")], 0)).toMatchObject({ ok: true });
    expect(fetched).toHaveLength(2);
  });
});

describe("Shelf.sweep()", () => {
  test("keeps the files of messages that wait, and only theirs", async () => {
    const before = shelving();
    for (const id of ["m1", "m2", "m3"])
      before.shelf.begin(message(id), [picture("a"), picture("b")]);
    await promisesSettled();
    const { shelf, files, fetched } = shelving(undefined, before.files);
    await shelf.sweep(async () => [message("m2"), message("m9")]);
    expect(await files.list()).toHaveLength(2);
    expect(await shelf.take(message("m2"), [picture("a"), picture("b")], 1)).toMatchObject({
      ok: true,
    });
    expect(fetched).toEqual([]);
  });

  test("removes what is none of ours, and what a crash left half written", async () => {
    const { shelf, files } = shelving();
    for (const name of ["stray", `${"0".repeat(32)}-0.part`]) await files.write(name, PNG);
    await shelf.sweep(async () => [message("m1")]);
    expect(await files.list()).toEqual([]);
  });

  test("does not ask who waits where there is nothing to remove", async () => {
    const { shelf } = shelving();
    let asked = 0;
    await shelf.sweep(async () => (asked++, []));
    expect(asked).toBe(0);
  });

  test("goes on where one cannot be removed: a worker must start all the same", async () => {
    const files = createMemoryFiles();
    await files.write("a-0", PNG);
    await files.write("b-0", PNG);
    const remove: MediaFiles["remove"] = (name) =>
      name === "a-0" ? Promise.reject(new Error("EISDIR")) : files.remove(name);
    const { shelf, log } = shelving(undefined, { ...files, remove });
    await shelf.sweep(async () => []);
    expect(await files.list()).toEqual(["a-0"]);
    expect(log.entries.at(-1)?.level).toBe("warn");
  });
});
