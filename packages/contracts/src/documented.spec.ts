import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { leases, plainKeys, records } from './keys.js';

// What the tables have, the documents tell, and the other way round.

const ROOT = path.join(import.meta.dirname, '../../..');
const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** The words in backticks in the first column of a table that begins with such a head. */
function firstColumn(text: string, head: RegExp): string[] {
  const table = text.split('\n\n').find((part) => head.test(part)) ?? '';
  return table
    .split('\n')
    .slice(2)
    .flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? ''));
}

describe('keys of Redis', () => {
  const templates: string[] = [records, plainKeys, leases].flatMap((table) =>
    Object.values(table).map(({ template }) => template),
  );
  const state = read('docs/state.md');

  it('stand in the table of docs/state.md', () => {
    expect(templates.filter((template) => !state.includes(`\`${template}\``))).toEqual([]);
  });

  it('are all that the table tells', () => {
    const told = [...state.matchAll(/`([a-z-]+:[a-z{}:-]+)`/g)].map(([, template]) => template ?? '');
    expect(told.filter((template) => !templates.includes(template))).toEqual([]);
  });
});

describe('messages between viewers and the farm', () => {
  const source = read('packages/contracts/src/viewer.ts');
  const methods = (union: string): string[] => {
    const body = source.split(`export interface ${union} {\n`)[1]?.split('\n}')[0] ?? '';
    return [...body.matchAll(/^ {2}([a-zA-Z]+): /gm)].map(([, name]) => name ?? '');
  };

  it('stand in the table of docs/protocol.md, each in its own', () => {
    const unions = ['ClientRequests', 'ClientNotifications', 'ServerRequests', 'ServerNotifications'];
    const inSource = unions.flatMap(methods);
    expect(inSource).toEqual(expect.arrayContaining(['join', 'leave', 'ping', 'closing']));
    expect(firstColumn(read('docs/protocol.md'), /^\| message +\| way/).toSorted()).toEqual(
      inSource.toSorted(),
    );
  });
});
