import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { creating, onTheSide, stepNames } from './steps.js';

it('every step in which container-svc may be killed stands in docs/closures.md, and no other', () => {
  const text = fs.readFileSync(path.join(import.meta.dirname, '../../../../docs/closures.md'), 'utf8');
  const [, section = ''] = text.split('### Where container-svc may be killed');
  const rows = section.split('\n## ')[0]?.match(/^\| .*\|$/gm) ?? [];
  const told = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ''));
  expect(told.filter((name) => name !== 'vm').toSorted()).toEqual([...stepNames].toSorted());
});

it('a step fails a boot or leaves the phone as it is, never both', () => {
  expect([...creating].filter((name) => onTheSide.has(name))).toEqual([]);
  expect([...creating, ...onTheSide].filter((name) => !stepNames.includes(name))).toEqual([]);
});
