import { i32, u16 } from '../bytes.js';
import type { ByteReader, ByteWriter } from '../bytes.js';
import type { Position } from './message.js';

/** x i32, y i32, width u16, height u16. */
export const POSITION_SIZE = 12;

export function checkPosition(p: Position): void {
  i32('x', p.x);
  i32('y', p.y);
  u16('width', p.width);
  u16('height', p.height);
}

export function writePosition(out: ByteWriter, p: Position): void {
  out.i32(p.x).i32(p.y).u16(p.width).u16(p.height);
}

export function readPosition(reader: ByteReader): Position {
  return { x: reader.i32(), y: reader.i32(), width: reader.u16(), height: reader.u16() };
}
