import { describe, expect, it } from 'vitest';
import { codes } from './codes.js';
import { fill, leases, plainKeys, records } from './keys.js';
import { permissionsOf, serviceNames, subjects } from './subjects.js';
import { parseFrame } from './viewer.js';

describe('the four tables', () => {
  it('gives each code a gRPC status and an HTTP status', () => {
    for (const [code, row] of Object.entries(codes)) {
      expect(row.grpc, code).toBeGreaterThan(0);
      expect(row.grpc, code).toBeLessThan(17);
      expect(row.http, code).toBeGreaterThanOrEqual(400);
    }
  });

  it('has no two kinds of record under one key', () => {
    const templates = [...Object.values(records), ...Object.values(plainKeys), ...Object.values(leases)].map(
      (key) => key.template,
    );
    expect(new Set(templates).size).toBe(templates.length);
  });

  it('lets only input-svc speak to a phone', () => {
    const speakers = serviceNames.filter((service) =>
      permissionsOf(service).publish.includes('ancloud.control.*'),
    );
    expect(speakers).toEqual(['input-svc']);
  });

  it('turns parameters into single-token wildcards', () => {
    expect(permissionsOf('input-svc').subscribe).toContain('ancloud.input.*.*.*');
    expect(subjects.control.publishers).toEqual(['input-svc']);
  });

  it('refuses a template without its parameter', () => {
    expect(fill('phone:{phone}:status', { phone: 'ph_1' })).toBe('phone:ph_1:status');
    expect(() => fill('phone:{phone}:status', {})).toThrow("parameter 'phone' is missing");
  });
});

describe('parseFrame', () => {
  it.each([
    ['{"id":1,"method":"join","data":{}}', { id: 1, method: 'join', data: {} }],
    ['{"id":2,"ok":{}}', { id: 2, ok: {} }],
    ['{"id":3,"error":{"code":"X","message":"y"}}', { id: 3, error: { code: 'X', message: 'y' } }],
    ['{"notify":"size","data":{"width":1}}', { notify: 'size', data: { width: 1 } }],
  ])('reads %s', (text, frame) => expect(parseFrame(text)).toEqual(frame));

  it.each([
    '',
    '[]',
    'null',
    '1',
    '{"id":"1","method":"x"}',
    '{"id":1}',
    '{"id":1,"error":null}',
    '{"id":1,"error":{"code":"X"}}',
    '{"id":1,"error":{"code":{"toString":0,"valueOf":0},"message":"y"}}',
    '{"id":1.5,"method":"x"}',
  ])('refuses %s', (text) => expect(parseFrame(text)).toBeNull());
});
