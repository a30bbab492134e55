import { describe, expect, it } from 'vitest';
import { headerSerial, readPropertyArea } from './property-area.js';

/** Bytes written one by one, so that this file is also the layout's documentation. All numbers are little-endian. */
class Area {
  readonly bytes = new Uint8Array(4096);
  readonly #view = new DataView(this.bytes.buffer);
  #used: number;

  /** `first`: where the first object after the root stands: 20 (Android 8.0) or 112 (newer, with the dirty backup). */
  constructor(first: 20 | 112, serial = 0) {
    this.#used = first;
    this.#view.setUint32(4, serial, true);
    this.#view.setUint32(8, 0x504f5250, true);
    this.#view.setUint32(12, 0xfc6ed0ab, true);
    this.#view.setUint32(0, first, true);
  }

  u32(offset: number, value: number): void {
    this.#view.setUint32(128 + offset, value, true);
  }

  #take(size: number): number {
    const at = this.#used;
    this.#used += Math.ceil(size / 4) * 4;
    this.#view.setUint32(0, this.#used, true);
    return at;
  }

  #text(offset: number, text: string): void {
    this.bytes.set(new TextEncoder().encode(text), 128 + offset);
  }

  node(name: string): number {
    const at = this.#take(20 + name.length + 1);
    this.u32(at, name.length);
    this.#text(at + 20, name);
    return at;
  }

  info(name: string, value: string, serial = value.length * 2 ** 24): number {
    const at = this.#take(96 + name.length + 1);
    this.u32(at, serial);
    this.#text(at + 4, value);
    this.#text(at + 96, name);
    return at;
  }

  long(name: string, value: string): number {
    const at = this.info(name, 'Must use __system_property_read_callback() to read', 50 * 2 ** 24 + 2 ** 16);
    const text = this.#take(value.length + 1);
    this.#text(text, value);
    this.u32(at + 4 + 56, text - at);
    return at;
  }
}

const CHILDREN = 16;
const LEFT = 8;
const RIGHT = 12;
const PROP = 4;

/** ro.a=1, ro.bb=22, sys=x: children of the root are a binary tree, those of `ro` another. */
function example(first: 20 | 112): Area {
  const area = new Area(first, 7);
  const ro = area.node('ro');
  const sys = area.node('sys');
  const a = area.node('a');
  const bb = area.node('bb');
  area.u32(CHILDREN, ro);
  area.u32(ro + RIGHT, sys);
  area.u32(ro + CHILDREN, bb);
  area.u32(bb + LEFT, a);
  area.u32(a + PROP, area.info('ro.a', '1'));
  area.u32(bb + PROP, area.info('ro.bb', '22'));
  area.u32(sys + PROP, area.info('sys', 'x'));
  return area;
}

describe('a property area', () => {
  it.each([20, 112] as const)('is read with its first object at %d', (first) => {
    const area = readPropertyArea(example(first).bytes);
    expect(Object.fromEntries(area?.properties ?? [])).toEqual({ 'ro.a': '1', 'ro.bb': '22', sys: 'x' });
    expect(area?.dirty).toEqual([]);
  });

  it('reads literal bytes: header, root, node, prop_info', () => {
    const bytes = new Uint8Array(400);
    // used 144, serial 3, magic 'PROP', version 0xfc6ed0ab, reserved
    bytes.set([144, 0, 0, 0, 3, 0, 0, 0, 0x50, 0x52, 0x4f, 0x50, 0xab, 0xd0, 0x6e, 0xfc], 0);
    // root node: name length 0, prop 0, left 0, right 0, children 20; no name, no NUL
    bytes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0], 128);
    // node at 20: length 1, prop 44, left 0, right 0, children 0, 'k' NUL
    bytes.set([1, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x6b, 0], 128 + 20);
    // prop_info at 44: serial 0x02000000 (length 2), value 'ok', name 'k'
    bytes.set([0, 0, 0, 2, 0x6f, 0x6b], 128 + 44);
    bytes.set([0x6b, 0], 128 + 44 + 96);
    expect([...(readPropertyArea(bytes)?.properties ?? [])]).toEqual([['k', 'ok']]);
    expect(headerSerial(bytes)).toBe(3);
  });

  it('reads a long value behind its offset, not the hint', () => {
    const area = new Area(112);
    const value = 'v'.repeat(300);
    const node = area.node('n');
    area.u32(CHILDREN, node);
    area.u32(node + PROP, area.long('n', value));
    expect(readPropertyArea(area.bytes)?.properties.get('n')).toBe(value);
  });

  it('reports a value that is being written, and guesses nothing', () => {
    const area = example(112);
    const node = area.node('w');
    area.u32(CHILDREN, node);
    area.u32(node + PROP, area.info('w', 'half', 4 * 2 ** 24 + 1));
    const read = readPropertyArea(area.bytes);
    expect(read?.dirty).toEqual(['w']);
    expect(read?.properties.has('w')).toBe(false);
  });

  it('takes only as much of the value as its length says', () => {
    const area = new Area(20);
    const node = area.node('n');
    area.u32(CHILDREN, node);
    area.u32(node + PROP, area.info('n', 'newold', 3 * 2 ** 24));
    expect(readPropertyArea(area.bytes)?.properties.get('n')).toBe('new');
  });
});

describe('a hostile phone', () => {
  it.each<[string, (area: Area) => void]>([
    ['a circle of nodes', (area) => area.u32(20 + LEFT, 20)],
    ['an offset past the end', (area) => area.u32(20 + RIGHT, 0xffff_fff0)],
    ['an unaligned offset', (area) => area.u32(20 + RIGHT, 21)],
    ['a prop_info past the end', (area) => area.u32(20 + PROP, 4096 - 128 - 8)],
    ['a name without end', (area) => area.u32(20, 0xffff_ffff)],
  ])('gains nothing by %s', (_, spoil) => {
    const area = new Area(20);
    const node = area.node('k');
    area.u32(CHILDREN, node);
    area.u32(node + PROP, area.info('k', 'ok'));
    spoil(area);
    expect(readPropertyArea(area.bytes)?.properties.size).toBeLessThanOrEqual(1);
  });

  it('gains nothing by a long value that leads out', () => {
    const area = new Area(20);
    const node = area.node('n');
    area.u32(CHILDREN, node);
    const info = area.long('n', 'x');
    area.u32(info + 4 + 56, 0x7fff_ffff);
    area.u32(node + PROP, info);
    expect(readPropertyArea(area.bytes)?.properties.has('n')).toBe(false);
  });

  it('gets no more text than its area has bytes by giving many properties one value', () => {
    const area = new Area(20);
    const [value, long] = ['v'.repeat(1_000), 50 * 2 ** 24 + 2 ** 16];
    const infos = Array.from({ length: 20 }, (_, i) => area.info(`p${i}`, '', long));
    let link = CHILDREN;
    for (const info of infos) {
      const node = area.node('n');
      area.u32(link, node);
      area.u32(node + PROP, info);
      link = node + LEFT;
    }
    // Its text stands behind its own 100 bytes.
    const text = area.long('z', value) + 100;
    for (const info of infos) area.u32(info + 60, text - info);
    expect([...(readPropertyArea(area.bytes)?.properties ?? [])]).toEqual([
      ['p0', value],
      ['p1', value],
      ['p2', value],
    ]);
  });

  it.each([
    ['too few bytes', new Uint8Array(100)],
    ['no magic (property_info)', new Uint8Array(4096)],
  ])('is not an area: %s', (_, bytes) => {
    expect(readPropertyArea(bytes)).toBeUndefined();
    expect(headerSerial(bytes)).toBeUndefined();
  });

  it('survives random bytes behind a right header', () => {
    for (let seed = 1; seed < 200; seed += 1) {
      const bytes = new Area(20).bytes;
      let state = seed;
      for (let at = 128; at < bytes.length; at += 1) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        bytes[at] = (state >>> 16) & (at % 4 < 2 ? 0xff : 0);
      }
      expect(readPropertyArea(bytes)).toBeDefined();
    }
  });
});
