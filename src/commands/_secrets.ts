import type { Config } from "../core/config/schema.ts";

/** Everything in a configuration that no line may ever hold. */
export function secretsIn({ accounts, http, proxy }: Config): string[] {
  const { password = "" } = URL.parse(proxy ?? "") ?? {};
  const decoded = /%(?![0-9a-f]{2})/i.test(password) ? password : decodeURIComponent(password);
  return [
    ...accounts.flatMap(({ clientSecret, gateway }) => [clientSecret, gateway.token ?? ""]),
    http.token ?? "",
    password,
    decoded,
  ].filter((secret) => secret !== "");
}
