/** Share of time in which somebody waited for a CPU in the last 10 s (`some avg10`), above which fewer phones boot at once. */
const BUSY_PERCENT = 70;
const FULL_PERCENT = 90;

/**
 * How many phones may boot at once: as configured on a host that has time for it, half on a busy one, one at a time on one
 * that has none. Boots under way are never ended for it. `pressure` is undefined where the kernel has no PSI.
 */
export function bootSlots(configured: number, pressure: number | undefined): number {
  if (pressure === undefined || pressure < BUSY_PERCENT) return configured;
  return pressure < FULL_PERCENT ? Math.max(1, Math.floor(configured / 2)) : 1;
}

/** From /proc/pressure/cpu (kernel Documentation/accounting/psi.rst). */
export function parsePressure(text: string): number | undefined {
  const match = /^some avg10=(\d+(?:\.\d+)?) /m.exec(text);
  return match === null ? undefined : Number(match[1]);
}
