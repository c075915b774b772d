import { inForce, type Configuration } from "../host/configuration.ts";
import type { Pair } from "./by-qr.ts";
import type { OnboardOptions } from "./options.ts";
import type { Progress } from "./progress.ts";

export function textIn(loaded: Configuration, key: string): string | undefined {
  const value = inForce(loaded, key)?.value;
  return typeof value === "string" ? value : undefined;
}

/** The one robot there is, if it is complete. */
export function configuredIn({ config }: Configuration): Pair | undefined {
  const [account, ...more] = config?.accounts ?? [];
  return account === undefined || more.length > 0
    ? undefined
    : { clientId: account.clientId, clientSecret: account.clientSecret };
}

export function gatewayIn(options: OnboardOptions, resumed: Progress, loaded: Configuration) {
  const given = options["gateway-url"]?.replace(/\/+$/, "") ?? resumed.gatewayUrl;
  return {
    url: given ?? textIn(loaded, "gateway.url") ?? "http://127.0.0.1:18789",
    token: options["gateway-token"] ?? loaded.gatewayToken,
    isFound: given !== undefined || inForce(loaded, "gateway.url")?.source !== "default",
    agentId: textIn(loaded, "agentId") ?? "main",
  };
}

/** Without a trailing slash. */
export function addressOf(
  option: string | undefined,
  loaded: Configuration,
  key: string,
  usual: string,
): string {
  return (option ?? textIn(loaded, key) ?? usual).replace(/\/+$/, "");
}

/** Whether a value needs no writing: it is the default, OpenClaw's own, or stands in that very file. */
export function isSaid(source: string | undefined, target: string): boolean {
  return (
    source === undefined ||
    source === "default" ||
    /: gateway\.(?:port|auth\.)/.test(source) ||
    source.startsWith(`${target}: `)
  );
}

/** Somebody has decided in that file already who may talk to the robot. */
export function isAccessSet(loaded: Configuration, target: string): boolean {
  return ["dmPolicy", "allowFrom", "owners", "members"].some(
    (key) => inForce(loaded, key)?.source.startsWith(`${target}: `) === true,
  );
}
