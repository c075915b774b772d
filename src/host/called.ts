import process from "node:process";
import { COMPILED, type RuntimeName } from "../extract/sandbox.ts";

const BY_RUNTIME: Readonly<Record<RuntimeName, string>> = {
  bun: "bun src/main.ts",
  deno: "deno run -A src/main.ts",
  node: "node src/main.ts",
};

/**
 * What a person types here to run this program again, in the checkout's folder where it runs from one.
 * @param env `DINGBRIDGE_CALLED` is what the launcher was called by.
 */
export function calledAs(
  runtime: RuntimeName,
  env: Readonly<Record<string, string | undefined>> = process.env,
  isCompiled: boolean = COMPILED,
): string {
  return isCompiled ? "dingbridge" : env["DINGBRIDGE_CALLED"] || BY_RUNTIME[runtime];
}
