// SPDX-License-Identifier: Apache-2.0
// Bundled by test.sh and run inside the machine: what a scenario's own script would be.
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';

const filesystems = readFileSync('/proc/filesystems', 'utf8').split('\n');
const hasBinderfs = filesystems.includes('nodev\tbinder');
writeFileSync(
  '/run/out/result.json',
  JSON.stringify({ kernel: release(), node: process.version, hasBinderfs }),
);
console.log(`node ${process.version} on ${release()}: binderfs ${hasBinderfs}`);
process.exitCode = hasBinderfs ? 0 : 1;
