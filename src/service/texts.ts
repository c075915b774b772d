export interface ServiceTexts {
  readonly noSystemd: string;
  readonly written: (path: string) => string;
  readonly unchanged: (path: string) => string;
  readonly foreign: (path: string) => string;
  readonly notInstalled: (path: string) => string;
  readonly removed: (path: string, data: string) => string;
  readonly needsRoot: (path: string) => string;
  readonly failed: (command: string, code: number) => string;
  readonly noBus: string;
  readonly closed: (path: string, user: string) => string;
  readonly open: (path: string) => string;
  readonly missing: (names: readonly string[], path: string) => string;
  readonly noRuntime: (runtime: string, lowest: string) => string;
  readonly binaryRuntime: string;
  readonly done: (status: string) => string;
  readonly linger: (user: string) => string;
  readonly log: (command: string) => string;
}

export const SERVICE_TEXTS: Readonly<Record<"zh" | "en", ServiceTexts>> = {
  en: {
    noSystemd:
      "systemd does not run here (macOS, Windows, a container): nothing was installed. " +
      "The unit is printed above, for a machine that has it. Here, have whatever keeps programs running " +
      "(launchd, the container's restart policy) run: node src/launch.mjs start",
    written: (path) => `written: ${path}`,
    unchanged: (path) => `as it was: ${path}`,
    foreign: (path) =>
      `${path} was not written by dingbridge: it is left alone. Move it away if it is not needed any more`,
    notInstalled: (path) => `not installed: there is no ${path}`,
    removed: (path, data) =>
      `removed: ${path}. Configuration, secrets and data (${data}) are still there`,
    needsRoot: (path) => `${path} can only be changed by root: run the same with sudo`,
    failed: (command, code) => `failed with exit code ${code}: ${command}`,
    noBus:
      "systemctl --user works where you have logged in (on the machine or by ssh), not after su or sudo. For a service of the system, add --system",
    closed: (path, user) =>
      `${path} cannot be read by others, so not by the service's user ${user}: ` +
      "put the checkout in a folder like /opt/dingbridge, the runtime in /usr/local/bin, and let that user read the configuration (chown dingbridge)",
    open: (path) => `${path} holds secrets and others may read it: chmod 600 ${path}`,
    missing: (names, path) =>
      `set in this shell, but not for the service: ${names.join(", ")}. Write them to ${path} as NAME=value lines (chmod 600)`,
    noRuntime: (runtime, lowest) => `there is no ${runtime} >= ${lowest} on this machine`,
    binaryRuntime: "this program has its runtime, Bun, in it: --runtime cannot choose another",
    done: (status) => `Started, now and whenever the machine starts. How it is: ${status}`,
    linger: (user) =>
      `Next: without this it runs only while you are logged in:\n  loginctl enable-linger ${user}`,
    log: (command) => `Its log: ${command}`,
  },
  zh: {
    noSystemd:
      "这里没有运行 systemd（macOS、Windows 或容器）：什么都没有安装。上面打印的是 unit 文件，可用在有 systemd 的机器上。" +
      "在这里请让保持程序运行的工具（launchd、容器的重启策略）运行：node src/launch.mjs start",
    written: (path) => `已写入：${path}`,
    unchanged: (path) => `没有变化：${path}`,
    foreign: (path) => `${path} 不是 dingbridge 写的，不会动它。如果不再需要，请先把它移走`,
    notInstalled: (path) => `没有安装：${path} 不存在`,
    removed: (path, data) => `已删除：${path}。配置、密钥和数据（${data}）都还在`,
    needsRoot: (path) => `只有 root 能修改 ${path}：请用 sudo 运行同一条命令`,
    failed: (command, code) => `失败，退出码 ${code}：${command}`,
    noBus:
      "systemctl --user 只在登录（本机或 ssh）的会话里可用，su 或 sudo 之后不行。要装成系统服务，请加 --system",
    closed: (path, user) =>
      `${path} 其他用户不可读，服务的用户 ${user} 也就读不到：` +
      "请把代码放在 /opt/dingbridge 之类的目录，运行时放在 /usr/local/bin，并让配置可以被这个用户读取（chown dingbridge）",
    open: (path) => `${path} 里有密钥，而其他用户可以读：chmod 600 ${path}`,
    missing: (names, path) =>
      `这些变量在当前 shell 里有，服务里没有：${names.join("、")}。请按 NAME=value 一行一个写进 ${path}（chmod 600）`,
    noRuntime: (runtime, lowest) => `这台机器上没有 ${runtime} >= ${lowest}`,
    binaryRuntime: "这个程序自带运行时 Bun：不能用 --runtime 换成别的",
    done: (status) => `已启动，机器每次开机后也会自动启动。查看状态：${status}`,
    linger: (user) =>
      `下一步：不执行这条命令，它只在你登录期间运行：\n  loginctl enable-linger ${user}`,
    log: (command) => `查看日志：${command}`,
  },
};
