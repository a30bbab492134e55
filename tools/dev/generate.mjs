// Generates packages/contracts from proto/ when a .proto or the generator's configuration changed. buf takes about two
// seconds to start, so an unchanged tree is recognised by content hash and left alone.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const out = path.join(root, 'packages/contracts/src/gen');
const stamp = path.join(out, '.hash');

const hash = createHash('sha256');
const inputs = ['buf.gen.yaml', 'buf.yaml', 'package-lock.json', 'tools/dev/generate.mjs'].map((name) =>
  path.join(root, name),
);
for (const entry of fs.readdirSync(path.join(root, 'proto'), { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && entry.name.endsWith('.proto')) inputs.push(path.join(entry.parentPath, entry.name));
}
for (const file of inputs.toSorted((a, b) => (a < b ? -1 : 1)))
  hash.update(path.relative(root, file)).update('\0').update(fs.readFileSync(file));
const wanted = hash.digest('hex');

if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== wanted) {
  const bin = path.join(root, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const buf = (...args) => execFileSync(path.join(bin, 'buf'), args, { cwd: root, stdio: 'inherit', env });
  buf('lint');
  buf('generate');
  // The descriptor set serves gRPC reflection and the test that every RPC has a handler. Comments are four fifths of it, and each service
  // reads it when it starts.
  buf(
    'build',
    '--as-file-descriptor-set',
    '--exclude-source-info',
    '-o',
    'packages/contracts/descriptor.binpb',
  );
  fs.writeFileSync(stamp, wanted);
}
