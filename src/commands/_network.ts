import { readFileSync } from "node:fs";
import process from "node:process";
import { runtime } from "#runtime";
import type { Network } from "../adapters/port.ts";
import { reasonOf } from "../core/log.ts";
import { createRoutes } from "../core/proxy.ts";
import { EXIT, UserError } from "../host/exit.ts";

export interface NetworkSettings {
  readonly proxy?: string | undefined;
  readonly caFile?: string | undefined;
}

/** What is wrong with the proxies of the environment: what needs one will fail. */
export const proxyProblems = (): readonly string[] => createRoutes({ env: process.env }).problems;

/** The ways out that the configuration asks for. Throws `UserError` where `caFile` cannot be used. */
export function networkFor({ proxy, caFile }: NetworkSettings): Network {
  try {
    const ca = caFile === undefined ? undefined : readFileSync(caFile, "utf8");
    return runtime.network({ env: process.env, proxy, ca });
  } catch (error) {
    throw new UserError(
      `caFile: ${caFile ?? ""} cannot be used (${reasonOf(error)}): expected a file with certificates in PEM`,
      EXIT.configuration,
    );
  }
}
