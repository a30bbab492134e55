import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeGateway, Printed } from '../farm/fake-gateway.js';
import { macroPut, macroShow } from './macro.js';

describe('a macro as a file', () => {
  let gateway: FakeGateway;
  let sent: unknown[];
  const macro = { macroId: 'mc_1', name: 'row', revision: 5, steps: [{ key: { keycode: 3 } }] };
  const keep = (body: unknown): object => {
    sent.push(body);
    return macro;
  };
  const fileOf = (json: unknown): string => {
    const file = path.join(gateway.layout.home, 'macro.json');
    fs.writeFileSync(file, JSON.stringify(json));
    return file;
  };

  beforeEach(async () => {
    sent = [];
    gateway = await FakeGateway.start({
      'GET /v1/macros/mc_1': () => macro,
      'PATCH /v1/macros/mc_1': keep,
      'POST /v1/macros': keep,
    });
  });
  afterEach(() => gateway.close());

  it('is put in place of the revision that was shown, or of whatever stands when none is told', async () => {
    const printed = new Printed();
    await macroShow(gateway.layout, 'mc_1', printed);
    const { name, revision, steps } = macro;
    expect(JSON.parse(printed.text)).toEqual({ name, revision, steps });
    for (const json of [printed.value, { name, steps }])
      await macroPut(gateway.layout, fileOf(json), { macro: 'mc_1' }, new Printed());
    expect(sent).toEqual([
      { name, revision, steps },
      { name, steps },
    ]);
  });

  it('makes a new one without the revision of the one that it was made of', async () => {
    const { name, revision, steps } = macro;
    await macroPut(gateway.layout, fileOf({ name, revision, steps }), {}, new Printed());
    expect(sent).toEqual([{ name, steps }]);
  });
});
