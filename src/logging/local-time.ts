/** On the machine's clock: "2026-11-22". */
export const dayOf = (time: number): string => timeOf(time).slice(0, 10);

/** "2026-11-22T20:01:07.123+08:00". */
export function timeOf(time: number): string {
  const offset = -new Date(time).getTimezoneOffset();
  const local = new Date(time + offset * 60_000).toISOString().slice(0, -1);
  const two = (count: number) => String(count).padStart(2, "0");
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${local}${offset < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
}
