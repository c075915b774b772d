import { describe, expect, test } from "bun:test";
import type { Verdict } from "../../../src/core/dingtalk/errors.ts";
import type { Source } from "../../../src/core/message.ts";
import { never } from "../../support/fake-fetch.ts";
import { begin, MB, MP4, PDF, PNG, preparing, types } from "./_preparing.ts";

describe("what cannot be sent", () => {
  test.each([
    ["outside", "not-allowed"],
    ["hidden", "not-allowed"],
    ["missing", "missing"],
    ["not-a-file", "missing"],
    ["unreadable", "missing"],
    ["too-large", "too-large"],
  ] as const)("%s: %s", async (reason, why) => {
    const { prepare, uploads } = preparing({ disk: { "/srv/data/a.pdf": reason } });
    const result = await prepare("file", "/srv/data/a.pdf");
    expect(result).toMatchObject({ ok: false, failure: "final", why, name: "a.pdf" });
    expect(uploads).toEqual([]);
  });

  test("20 MB are taken, more is not, from disk and web", async () => {
    const disk = {
      "/srv/a.bin": new Uint8Array(20 * MB),
      "/srv/b.bin": new Uint8Array(20 * MB + 1),
    };
    const web = () => new Response(new Uint8Array(20 * MB + 1));
    const { prepare } = preparing({ disk, web });
    expect(await prepare("file", "/srv/a.bin")).toMatchObject({ ok: true });
    const tooLarge = { failure: "final", why: "too-large", name: "b.bin" };
    expect(await prepare("file", "/srv/b.bin")).toMatchObject(tooLarge);
    expect(await prepare("file", { url: "https://a.cn/b.bin" })).toMatchObject(tooLarge);
  });

  test("empty", async () => {
    const { prepare, uploads } = preparing({ disk: { "/srv/a.txt": new Uint8Array() } });
    expect(await prepare("file", "/srv/a.txt")).toMatchObject({ why: "empty", name: "a.txt" });
    expect(uploads).toEqual([]);
  });

  test("a server that refuses: missing; one that is down: later", async () => {
    const url = "https://a.cn/x.pdf?Signature=s1gned";
    const refusing = preparing({ web: () => new Response("no", { status: 403 }) });
    expect(await refusing.prepare("file", { url })).toMatchObject({
      failure: "final",
      why: "missing",
      name: "x.pdf",
      reason: expect.stringContaining("HTTP 403"),
    });
    const down = preparing({ web: () => new Response("no", { status: 503 }) });
    expect(await down.prepare("file", { url })).toMatchObject({ failure: "retry" });
  });

  test("a redirect into the house is not allowed", async () => {
    const headers = { location: "http://127.0.0.1:18789/config" };
    const { prepare, fetched } = preparing({
      web: () => new Response("", { status: 302, headers }),
    });
    const result = await prepare("file", { url: "https://a.cn/x.pdf" });
    expect(result).toMatchObject({ why: "not-allowed" });
    expect(fetched).toHaveLength(1);
  });

  test("a server that trickles is given up", async () => {
    let stopped = false;
    const trickle = () => {
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>) =>
        new Promise<void>((resolve) =>
          clock.after(5000, () => {
            if (!stopped) controller.enqueue(PDF);
            resolve();
          }),
        );
      return new Response(new ReadableStream({ pull, cancel: () => void (stopped = true) }));
    };
    const { prepare, clock } = preparing({ web: trickle });
    const prepared = prepare("file", { url: "https://a.cn/x.pdf" });
    await clock.advance(61_000);
    expect(await prepared).toMatchObject({ failure: "retry" });
    expect(stopped).toBe(true);
  });
});

describe("what DingTalk says", () => {
  const disk = { "/srv/a.png": begin(PNG, 64), "/srv/a.pdf": PDF };

  test("no to a picture: it goes as a file", async () => {
    const { prepare, uploads, log } = preparing({
      disk,
      upload: ({ type }) =>
        type === "image" ? { failure: "final", reason: "errcode 40005" } : undefined,
    });
    expect(await prepare("image", "/srv/a.png")).toMatchObject({
      message: { format: "file", source: { mediaId: "@file1" }, name: "a.png" },
    });
    expect(types(uploads)).toEqual(["image", "file"]);
    expect(log.text()).toContain("errcode 40005");
  });

  test("something nobody knows to a picture: the same", async () => {
    const { prepare } = preparing({
      disk,
      upload: ({ type }) =>
        type === "image" ? { failure: "retry", reason: "?", unlisted: true } : undefined,
    });
    expect(await prepare("image", "/srv/a.png")).toMatchObject({ message: { format: "file" } });
  });

  test("no to a file: refused", async () => {
    const { prepare, uploads } = preparing({
      disk,
      upload: () => ({ failure: "final", reason: "errcode 40005" }),
    });
    expect(await prepare("file", "/srv/a.pdf")).toEqual({
      ok: false,
      failure: "final",
      why: "refused",
      name: "a.pdf",
      reason: "errcode 40005",
    });
    expect(uploads).toHaveLength(1);
  });

  test.each<Verdict>([
    { failure: "retry", reason: "busy", waitMs: 60_000 },
    { failure: "blocked", reason: "quota" },
  ])("%o: passed on, for a picture and a file", async (verdict) => {
    const { prepare, uploads } = preparing({ disk, upload: () => verdict });
    expect(await prepare("image", "/srv/a.png")).toEqual({ ok: false, ...verdict } as never);
    expect(await prepare("file", "/srv/a.pdf")).toEqual({ ok: false, ...verdict } as never);
    expect(types(uploads)).toEqual(["image", "file"]);
  });
});

describe("the name", () => {
  const named = async (name: string | undefined, source: Source, bytes = PDF) => {
    const path = "path" in source ? source.path : "";
    const { prepare } = preparing({ disk: { [path]: bytes }, web: () => new Response(bytes) });
    const result = await prepare("file", source, name === undefined ? {} : { name });
    if (!result.ok) throw new Error(result.reason);
    return result.message.name;
  };
  const source = { path: "/srv/x/data.pdf" };

  test.each([
    ["季度报表.pdf", "季度报表.pdf"],
    ["报告", "报告.pdf"],
    ["Version 1.5", "Version 1.5.pdf"],
    ["archive.tar.gz", "archive.tar.gz"],
    ["../../etc/passwd", "_.._etc_passwd.pdf"],
    ["C:\\temp\\a.pdf", "C__temp_a.pdf"],
    ["a\u202Efdp.exe", "afdp.exe"],
    ["a\r\nb\0\u0007.pdf", "a b.pdf"],
    ['<a>|"b"?*.pdf', "_a___b___.pdf"],
    ["  .hidden.pdf. ", "hidden.pdf"],
    ["", "data.pdf"],
    [" ..", "data.pdf"],
    ["\ud800a.pdf", "\ufffda.pdf"],
  ])("%j → %j", async (name, expected) => {
    expect(await named(name, source)).toBe(expected);
  });

  test("at most 100 characters, the extension kept and no character halved", async () => {
    const long = (await named(`${"长".repeat(300)}.pdf`, source)) ?? "";
    expect(long).toBe(`${"长".repeat(96)}.pdf`);
    const bare = (await named(`a${"😀".repeat(300)}`, source)) ?? "";
    expect(bare.length).toBeLessThanOrEqual(100);
    expect(bare).toEndWith("😀.pdf");
    expect(bare.isWellFormed()).toBe(true);
  });

  test.each([
    ["https://a.cn/d/%E6%8A%A5%E8%A1%A8.pdf?Signature=s1gned#x", "报表.pdf"],
    ["https://a.cn/d/%2e%2e%2fpasswd", "_passwd.pdf"],
    ["https://a.cn/d/%b1%a8", "%b1%a8.pdf"],
    ["https://a.cn/download", "download.pdf"],
    ["https://a.cn/", "file.pdf"],
  ])("%s → %s", async (url, expected) => {
    expect(await named(undefined, { url })).toBe(expected);
  });

  test("without any, by what it is", async () => {
    const url = "https://a.cn/";
    expect(await named(undefined, { url }, begin(PNG, 64))).toBe("image.png");
    expect(await named(undefined, { url }, begin("ID3\x04\0\0", 64))).toBe("audio.mp3");
    expect(await named(undefined, { url }, MP4)).toBe("video.mp4");
    expect(await named(undefined, { url }, begin("hello\n"))).toBe("file.txt");
  });
});

describe("again", () => {
  const disk = {
    "/srv/a.png": begin(PNG, 64),
    "/srv/copy.png": begin(PNG, 64),
    "/srv/b.png": begin(PNG, 65),
  };

  test("the same bytes are uploaded once an hour, for each type", async () => {
    const { prepare, uploads, clock } = preparing({ disk });
    await prepare("image", "/srv/a.png");
    expect(await prepare("image", "/srv/copy.png")).toMatchObject({
      message: { source: { mediaId: "@image0" }, name: "copy.png" },
    });
    expect(types(uploads)).toEqual(["image"]);
    await prepare("file", "/srv/a.png");
    await prepare("image", "/srv/b.png");
    expect(types(uploads)).toEqual(["image", "file", "image"]);
    await clock.advance(60 * 60_000 - 1);
    await prepare("image", "/srv/a.png");
    expect(uploads).toHaveLength(3);
    await clock.advance(1);
    await prepare("image", "/srv/a.png");
    expect(uploads).toHaveLength(4);
  });

  test("an upload that failed is not remembered", async () => {
    const { prepare, uploads } = preparing({
      disk,
      upload: (_file, at) => (at === 0 ? { failure: "retry", reason: "busy" } : undefined),
    });
    expect(await prepare("image", "/srv/a.png")).toMatchObject({ failure: "retry" });
    expect(await prepare("image", "/srv/a.png")).toMatchObject({ ok: true });
    expect(uploads).toHaveLength(2);
  });

  test("200 are remembered, those used last", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 201 }, (_, at) => [`/srv/${at}.txt`, begin(`text ${at}`)]),
    );
    const { prepare, uploads } = preparing({ disk: many });
    for (let at = 0; at < 200; at++) await prepare("file", `/srv/${at}.txt`);
    await prepare("file", "/srv/0.txt");
    expect(uploads).toHaveLength(200);
    await prepare("file", "/srv/200.txt");
    await prepare("file", "/srv/0.txt");
    expect(uploads).toHaveLength(201);
    await prepare("file", "/srv/1.txt");
    expect(uploads).toHaveLength(202);
  });
});

describe("many at once, and the end", () => {
  test("four at a time; the others follow", async () => {
    const busy = Promise.withResolvers<undefined>();
    const disk = Object.fromEntries([1, 2, 3, 4, 5, 6].map((at) => [`/srv/${at}`, begin(`${at}`)]));
    const { prepare, uploads, clock } = preparing({ disk, upload: async () => await busy.promise });
    const all = Promise.all(Object.keys(disk).map((path) => prepare("file", path)));
    await clock.settle();
    expect(uploads).toHaveLength(4);
    busy.resolve(undefined);
    expect((await all).every(({ ok }) => ok)).toBe(true);
    expect(uploads).toHaveLength(6);
  });

  test("stopped while it is fetched, or waits: to be tried again", async () => {
    const { prepare, clock, stop } = preparing({ web: never });
    const url = "https://a.cn/x.pdf";
    const all = Promise.all([1, 2, 3, 4, 5].map(() => prepare("file", { url })));
    await clock.settle();
    stop.abort(new Error("enough"));
    for (const result of await all) expect(result).toMatchObject({ ok: false, failure: "retry" });
    expect(clock.pending).toBe(0);
  });

  test("what nobody expected is no crash", async () => {
    const { prepare } = preparing({
      disk: { "/srv/a.pdf": PDF },
      upload: () => {
        throw new TypeError("cannot open /srv/a.pdf");
      },
    });
    expect(await prepare("file", "/srv/a.pdf")).toMatchObject({ failure: "retry" });
  });
});
