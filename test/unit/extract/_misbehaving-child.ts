import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";

/** Stands in for the process that reads a file, and does what a hostile file might make it do. */
const [mode, port] = process.argv.slice(2);
const until = performance.now() + 15_000;
if (mode === "crash") process.exit(134);
if (mode === "abort") process.abort();
if (mode === "babble") process.stdout.write("not JSON\n");
if (mode === "lie") process.stdout.write(`${JSON.stringify({ ok: true, text: "x".repeat(99) })}\n`);
if (mode === "flood") while (performance.now() < until) process.stdout.write("x".repeat(100_000));
if (mode === "hang") while (performance.now() < until);
if (mode === "swell") {
  const taken: Uint8Array[] = [];
  while (performance.now() < until) taken.push(new Uint8Array(8_000_000).fill(1));
}
if (mode === "swell-heap") {
  const taken: object[] = [];
  while (performance.now() < until) taken.push(Array.from({ length: 1_000 }, (_, at) => ({ at })));
}
if (mode === "reach-out") {
  const attempts = {
    read: () => readFile("/etc/passwd"),
    write: () => writeFile(`/tmp/dingbridge-${process.pid}`, ""),
    run: () =>
      new Promise((resolve, reject) => {
        spawn(process.execPath, ["--version"]).on("error", reject).on("close", resolve);
      }),
    connect: () => fetch(`http://127.0.0.1:${port}/`),
  };
  const done: string[] = [];
  for (const [name, attempt] of Object.entries(attempts)) {
    await attempt().then(
      () => done.push(name),
      () => undefined,
    );
  }
  process.stdout.write(`${JSON.stringify({ ok: true, text: done.join(" "), truncated: false })}\n`);
}
if (mode === "environment") {
  process.stdout.write(
    `${JSON.stringify({ ok: true, text: Object.keys(process.env).join(" "), truncated: false })}\n`,
  );
}
