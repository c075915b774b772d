import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT, programOf } from "./support/runtimes.ts";

/**
 * `npm test`: everything that must hold, in the order in which it is quickest to learn that something
 * does not. Ends with one plain line for machines: `tests: N passed, N failed`.
 *
 *   run.ts          checks and tests
 *   run.ts check    only types, lint and format
 *   run.ts format   writes the format instead of checking it
 */
interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Reads a test runner's own summary; a step without one counts as one test. */
  readonly count?: (output: string) => { passed: number; failed: number };
}

const tool = (name: string) => join(ROOT, "node_modules/.bin", name);
const testsIn = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(ROOT, folder, file));
const contractFiles = testsIn("test/contract");
/** Many workers at a time, which mostly wait: there is room for the others beside them. */
const WAITING = /\/(?:cards|commands|kinds|outage|replies|send)\.test\.ts$/;

const last = (output: string, pattern: RegExp) =>
  Number(output.match(pattern)?.at(-1)?.match(/\d+/)?.[0] ?? 0);
const bunCount = (output: string) => ({
  passed: last(output, /^\s*\d+ pass$/gm),
  failed: last(output, /^\s*\d+ (fail|errors?)$/gm),
});
const nodeCount = (output: string) => ({
  passed: last(output, /^\S+ pass \d+$/gm),
  failed: last(output, /^\S+ fail \d+$/gm),
});
/** Deno counts a `describe` as one test and what is in it as its steps. */
const denoCount = (output: string) => {
  const [, passed = 0, steps = passed] = output.match(/(\d+) passed(?: \((\d+) steps?\))?/) ?? [];
  return { passed: Number(steps), failed: last(output, /\d+ failed/g) };
};

const endToEnd = (name: string, files: readonly string[]): Step => ({
  name: `end-to-end tests in Bun, Deno and Node, ${name}`,
  command: [programOf("bun"), "test", "--timeout", "30000", ...files],
  count: bunCount,
});
const ends = testsIn("test/e2e");

const CHECKS: readonly Step[] = [
  { name: "types", command: [tool("tsc"), "-p", "tsconfig.json"] },
  { name: "types of the runtime-free core", command: [tool("tsc"), "-p", "tsconfig.core.json"] },
  { name: "lint", command: [tool("oxlint"), "--type-aware", "--deny-warnings", "src", "test"] },
  { name: "schema of the OpenClaw plugin", command: [programOf("bun"), "test/schema.ts", "check"] },
  { name: "configuration reference", command: [programOf("bun"), "test/reference.ts", "check"] },
  { name: "format", command: [tool("oxfmt"), "--check", "."] },
];

const TESTS: readonly (Step | readonly Step[])[] = [
  {
    name: "unit tests",
    command: [programOf("bun"), "test", "--timeout", "20000", "test/unit"],
    count: bunCount,
  },
  {
    name: "contract tests in Bun",
    command: [programOf("bun"), "test", "--timeout", "20000", "test/contract"],
    count: bunCount,
  },
  {
    name: "contract tests in Deno",
    command: [programOf("deno"), "test", "--allow-all", "--no-check", "--quiet", ...contractFiles],
    count: denoCount,
  },
  {
    name: "contract tests in Node",
    command: [programOf("node"), "--test", "--test-reporter=spec", ...contractFiles],
    count: nodeCount,
  },
  [
    endToEnd(
      "those that wait",
      ends.filter((file) => WAITING.test(file)),
    ),
    endToEnd(
      "the others",
      ends.filter((file) => !WAITING.test(file)),
    ),
  ],
];

const LINES_TOLD = 80;

/** What was printed about the tests that failed. Bun tells it where they ran, the others at their end. */
function failuresIn(output: string): string {
  const lines = output.split("\n");
  const told: string[] = [];
  let since = 0;
  for (const [at, line] of lines.entries()) {
    if (line.startsWith("(fail)")) {
      told.push(...lines.slice(Math.max(since, at - LINES_TOLD), at + 1));
    }
    if (/^\((?:pass|fail|skip)\)/.test(line)) since = at + 1;
  }
  return (told.length > 0 ? told : lines.slice(-LINES_TOLD)).join("\n");
}

/** Told again at the end: whoever has the last lines only has to see what failed. */
const failures: string[] = [];

type Say = (text: string) => void;
const aloud: Say = (text) => void process.stdout.write(text);

async function run(step: Step, say: Say): Promise<{ passed: number; failed: number }> {
  say(`\n— ${step.name}\n`);
  const [program = "", ...args] = step.command;
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      output += String(data);
      say(String(data));
    });
  }
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0) {
    failures.push(`— ${step.name}: exit code ${code}\n${failuresIn(output)}`);
  }
  const plain = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
  if (step.count === undefined) return plain;
  const counted = step.count(output);
  // A runner that died, or that found no test, has not passed.
  if (code !== 0 && counted.failed === 0) return { ...counted, failed: 1 };
  return counted.passed + counted.failed === 0 ? { passed: 0, failed: 1 } : counted;
}

/** All at the same time; what the first one prints is seen as it comes, the others' when it is through. */
async function runTogether([first, ...others]: readonly Step[]) {
  if (first === undefined) return [];
  const beside = others.map((step) => {
    const said: string[] = [];
    return { said, counting: run(step, (text) => void said.push(text)) };
  });
  const counts = [await run(first, aloud)];
  for (const { said, counting } of beside) {
    counts.push(await counting);
    aloud(said.join(""));
  }
  return counts;
}

const [mode] = process.argv.slice(2);
const steps =
  mode === "format"
    ? [{ name: "format", command: [tool("oxfmt"), "."] }]
    : mode === "check"
      ? CHECKS
      : [...CHECKS, ...TESTS];

let passed = 0;
let failed = 0;
for (const step of steps) {
  for (const counted of await runTogether("name" in step ? [step] : step)) {
    passed += counted.passed;
    failed += counted.failed;
  }
}
if (failures.length > 0) console.log(`\nWhat failed, once more:\n\n${failures.join("\n\n")}`);
console.log(`\ntests: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
