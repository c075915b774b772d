/**
 * What to put before a command so that it outlives the systemd service this process belongs to: systemd
 * kills all that a service has started when the service stops, detached or not (KillMode=mixed in the
 * unit OpenClaw writes). A scope is a unit of its own.
 * @param cgroup what /proc/self/cgroup says; empty where there is none.
 * @returns empty: not needed, or not possible for this user.
 */
export function scopeFor(cgroup: string, uid: number | undefined): readonly string[] {
  const unit = /^\d+:(?:name=systemd)?:(.*\.service)$/m.exec(cgroup)?.[1];
  if (unit === undefined) return [];
  const manager = /\/user@\d+\.service\/./.test(unit) ? ["--user"] : [];
  if (manager.length === 0 && uid !== 0) return [];
  return ["systemd-run", ...manager, "--scope", "--collect", "--quiet", "--description=dingbridge"];
}
