import { commandLine, listedPath, lonePath, patternPath, word } from "./escape.ts";

export type Scope = "user" | "system";

export interface UnitOptions {
  readonly scope: Scope;
  /** The program's absolute path and its arguments. */
  readonly command: readonly string[];
  /** Where it runs: Bun reads bunfig.toml from there. */
  readonly folder: string;
  /** Secrets as NAME=value lines; need not exist. */
  readonly environmentFile: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `system` only: something it needs lies in a home folder. */
  readonly readsHome: boolean;
  /** `system` only: folders it writes to besides its own. */
  readonly writes: readonly string[];
  /** systemd.service knows RestartSteps= from 254 on; older ones complain of it. */
  readonly systemdVersion: number;
}

/** The first line of every unit that `service install` writes: what lacks it is not ours to touch. */
export const MARKER = "# Written by dingbridge service install.";

export const isOurs = (text: string) => text.startsWith(MARKER);

/**
 * Where a service of the system keeps its things: systemd makes the folders, and gives them to its user.
 * In its home they lie as in anybody's, so that all commands find them when that user runs them.
 */
export const SYSTEM = {
  user: "dingbridge",
  home: "/var/lib/dingbridge",
  logs: "/var/log/dingbridge",
  cache: "/var/cache/dingbridge",
  configuration: "/var/lib/dingbridge/.openclaw/dingbridge.json",
  secrets: "/etc/dingbridge/dingbridge.env",
} as const;

/** A systemd unit. Throws `UnwritableError` for paths no unit can name. */
export function unitText(options: UnitOptions): string {
  const { scope, command, folder, environmentFile, environment } = options;
  const edit = scope === "user" ? "systemctl --user edit dingbridge" : "systemctl edit dingbridge";
  return `${MARKER}
# The next install writes it anew: keep settings of your own beside it, with "${edit}".

[Unit]
Description=dingbridge: DingTalk chats, answered by an OpenClaw agent
${scope === "system" ? "Wants=network-online.target\nAfter=network-online.target\n" : ""}# However often it fails: what is wrong may mend itself.
StartLimitIntervalSec=0

[Service]
Type=exec
# ":" keeps "$" in paths as it is.
ExecStart=${commandLine(command)}
# The configuration is read again.
ExecReload=/bin/kill -HUP $MAINPID
WorkingDirectory=${lonePath(folder)}
# Secrets, as NAME=value lines. Only its owner may read the file (chmod 600).
EnvironmentFile=-${patternPath(environmentFile)}
${Object.entries(environment)
  .map(([name, value]) => `Environment=${word(`${name}=${value}`)}\n`)
  .join("")}
Restart=on-failure
# The configuration cannot work: starting again would not change that.
RestartPreventExitStatus=78
${restart(options.systemdVersion)}
KillSignal=SIGTERM
# The worker ends by itself those who read a file for it.
KillMode=mixed
# Turns under way get 15 s, and the gateway is not left within the first 15 s of a request.
TimeoutStopSec=45

# The worker and, for the time it takes, the process that reads a file (700 MB at most). If memory runs
# out that one goes first, and the worker stays.
MemoryMax=1536M
OOMPolicy=continue

${scope === "user" ? USER : systemSettings(options)}
${BOTH}
[Install]
WantedBy=${scope === "user" ? "default.target" : "multi-user.target"}
`;
}

function restart(systemdVersion: number): string {
  return systemdVersion >= 254
    ? "RestartSec=2\nRestartSteps=6\nRestartMaxDelaySec=60"
    : "# systemd before 254 knows no growing pauses.\nRestartSec=10";
}

const USER = `# No PrivateTmp: the log lies in /tmp/openclaw, where OpenClaw's is and its tools look for it, and so does
# the lock that keeps a second worker from the same robot.
# Nor ProtectSystem and the like: in a user's services they need user namespaces, which some systems
# forbid, and then nothing starts. docs/home-server.md says how to add them.`;

const systemSettings = ({ readsHome, writes }: UnitOptions) => `User=${SYSTEM.user}
# Its home, ${SYSTEM.home}. systemd makes what is missing, and gives it to its user.
StateDirectory=dingbridge dingbridge/.openclaw dingbridge/.openclaw/dingbridge
StateDirectoryMode=0700
LogsDirectory=dingbridge
LogsDirectoryMode=0750
CacheDirectory=dingbridge
CacheDirectoryMode=0700
# Others write to /tmp as well. So the log is not in /tmp/openclaw but in ${SYSTEM.logs}.
PrivateTmp=yes
ProtectSystem=strict
${writes.map((path) => `ReadWritePaths=${listedPath(path)}\n`).join("")}${readsHome ? "# A folder it reads lies there." : "# Nothing there concerns it."}
ProtectHome=${readsHome ? "read-only" : "yes"}
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
CapabilityBoundingSet=
RemoveIPC=yes`;

const BOTH = `UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
# AF_NETLINK: the system's own name resolution asks for this machine's addresses.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# No MemoryDenyWriteExecute: all three runtimes compile to machine code while they run.
`;
