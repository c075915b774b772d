import type { Config } from "../core/config/schema.ts";

/** Everything in a configuration that no line may ever hold. */
export function secretsIn({ accounts, http, proxy }: Config): string[] {
  const { password = "" } = URL.parse(proxy ?? "") ?? {};
  return [
    ...accounts.flatMap(({ clientSecret, gateway }) => [clientSecret, gateway.token ?? ""]),
    http.token ?? "",
    password,
    decodeURIComponent(password),
  ].filter((secret) => secret !== "");
}
