/** What the process ends with, as systemd and scripts see it. */
export const EXIT = {
  /** Stopped on request, or nothing to do. */
  ok: 0,
  /** A crash, or the port is in use. */
  crash: 1,
  /** The command line is not understood. */
  usage: 2,
  /** The configuration cannot work (EX_CONFIG of sysexits.h). */
  configuration: 78,
} as const;

/** Something a person can mend: its message is all that is shown, never a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}
