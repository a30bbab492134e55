import type { Adb } from '@yume-chan/adb';
import type { SendPacket, SendPacketNow } from './adb-duplex.js';
import type { Ending } from './ending.js';
import type { StreamTable } from './stream-table.js';

/** The way past the library of one connection. */
export interface Wire {
  readonly table: StreamTable;
  readonly send: SendPacket;
  readonly sendNow: SendPacketNow;
  readonly ending: Ending;
  /** Ends the TCP connection at once. */
  readonly cut: () => void;
}

const wires = new WeakMap<Adb, Wire>();

export function attachWire(adb: Adb, wire: Wire): void {
  wires.set(adb, wire);
}

/** @throws TypeError for an Adb that connectAdb did not make. */
export function wireOf(adb: Adb): Wire {
  const wire = wires.get(adb);
  if (wire === undefined) throw new TypeError(`adb to ${adb.serial} was not made by connectAdb`);
  return wire;
}
