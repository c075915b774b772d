import { existsSync } from "node:fs";
import { arch, release } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { runtime } from "#runtime";
import { createSystemClock } from "../core/clock.ts";
import type { Config } from "../core/config/schema.ts";
import { createRedactor } from "../core/redact.ts";
import type { Locale } from "../core/texts.ts";
import { lastLinesOf, redacted, writeBundle, type LogFile } from "../doctor/bundle.ts";
import { diagnose, type Diagnosis, type DoctorNetwork, type Patient } from "../doctor/diagnose.ts";
import {
  dataFolderOf,
  grantsOf,
  locksOf,
  openclawFile,
  proxyOf,
  secretFilesOf,
  secretsAround,
  versionsOf,
} from "../doctor/facts.ts";
import { checksOf, hasFailed, linesOf, type Check } from "../doctor/report.ts";
import { dayOf } from "../logging/local-time.ts";
import { VERSION } from "../version.ts";
import { accessOf } from "../core/access/report.ts";
import { jsonOf } from "./_config-report.ts";
import { readConfiguration, terminalLocale, type Configuration } from "../host/configuration.ts";
import { EXIT, UserError } from "../host/exit.ts";
import { networkFor } from "./_network.ts";
import { secretsIn } from "./_secrets.ts";
import { originOf } from "./_worker-client.ts";

export interface DoctorOptions {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
  /** Nothing that needs the network. */
  readonly offline?: boolean | undefined;
  /** Asks the agent one real question, which costs a model call. */
  readonly ask?: boolean | undefined;
  /** A file for whoever helps. */
  readonly bundle?: string | undefined;
}

/**
 * Looks at everything a robot needs and says what is wrong and what to do. Resolves with the exit code: 1
 * if any check failed, else 0. Throws `UserError` for a bundle that cannot be.
 */
export async function doctor(options: DoctorOptions): Promise<number> {
  const file = bundleFile(options.bundle);
  const loaded = readConfiguration(options.config);
  const { config } = loaded;
  const locale: Locale = terminalLocale(loaded);
  const paths = [...loaded.watched, ...(loaded.path === undefined ? [] : [loaded.path])];
  const redactor = createRedactor([
    ...(config === undefined ? [] : secretsIn(config)),
    loaded.gatewayToken ?? "",
    ...secretsAround(paths),
  ]);

  const diagnosis = await diagnose(await patientOf(loaded, paths, options));
  const checks = checksOf(diagnosis.findings, locale, redactor.text);
  console.log(
    options.json === true
      ? JSON.stringify({ checks }, null, 2)
      : linesOf(checks, locale).join("\n"),
  );
  if (file !== undefined) {
    const bundle = redacted(bundleOf(loaded, diagnosis, checks), redactor.text);
    const written = writeBundle(file, bundle);
    if (!written.ok) throw new UserError(`--bundle: ${file}: ${written.said}`, EXIT.crash);
    console.error(TOLD[locale](file));
  }
  return hasFailed(checks) ? EXIT.crash : EXIT.ok;
}

const TOLD: Readonly<Record<Locale, (file: string) => string>> = {
  en: (file) =>
    `written: ${file}; without secrets, but with ids of chats and people: look through it before you pass it on`,
  zh: (file) => `已写入 ${file}；不含密钥，但有会话和人员的 id，转交前请先看一遍`,
};

async function patientOf(
  loaded: Configuration,
  paths: readonly string[],
  options: DoctorOptions,
): Promise<Patient> {
  const { config } = loaded;
  const { http = { host: "127.0.0.1", port: 0 } } = config ?? {};
  return {
    loaded,
    files: secretFilesOf(paths),
    versions: versionsOf(runtime),
    folder: config === undefined ? undefined : dataFolderOf(config),
    openclaw: openclawFile(),
    locks: config === undefined ? { data: { kind: "free" }, robots: {} } : locksOf(config),
    grants: config === undefined ? {} : await grantsOf(config),
    proxy: proxyOf(config?.proxy),
    network: networkOf(config),
    origin: originOf(http.host, http.port),
    isOffline: options.offline === true,
    asks: options.ask === true,
    clock: createSystemClock(setImmediate),
    userAgent: `dingbridge/${VERSION}`,
  };
}

function networkOf(config: Config | undefined): DoctorNetwork | string {
  try {
    return networkFor(config ?? {});
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** Decided before anything is looked at. */
function bundleFile(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const file = resolve(name);
  if (!/\.json$/i.test(file)) {
    throw new UserError("--bundle: expected a file name that ends in .json", EXIT.usage);
  }
  if (existsSync(file)) {
    throw new UserError(`--bundle: ${file} is there already, and is not overwritten`, EXIT.usage);
  }
  return file;
}

function bundleOf(loaded: Configuration, { status }: Diagnosis, checks: readonly Check[]) {
  const { config, path, channel } = loaded;
  return {
    madeAt: new Date().toISOString(),
    dingbridge: VERSION,
    runtime: `${runtime.name} ${runtime.version}`,
    system: `${process.platform} ${release()} ${arch()}`,
    checks,
    configuration: jsonOf({
      ...loaded,
      file: path,
      channel,
      access: (config?.accounts ?? []).map(accessOf),
    }),
    status: status ?? null,
    logs: logFilesOf(config).flatMap((log) => {
      const lines = lastLinesOf(log);
      return lines.length === 0 ? [] : [{ path: log.path, lines }];
    }),
  };
}

const DAY_MS = 86_400_000;

function logFilesOf(config: Config | undefined): readonly LogFile[] {
  if (config === undefined) return [];
  const { dataDir, log } = config;
  const today = Date.now();
  const days = log.dir === "off" ? [] : [today - DAY_MS, today];
  return [
    ...days.map((day) => ({ path: join(log.dir, `openclaw-${dayOf(day)}.log`), isShared: true })),
    // What a worker that OpenClaw's plugin has started writes.
    { path: join(dataDir, "autostart.log"), isShared: false },
  ];
}
