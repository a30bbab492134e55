// The dependency rule file: which folder may import which. `npm run arrows` fails on the first arrow that points up.
//
// 1. packages may import only the packages listed for them; services only packages, never each other.
// 2. `core/` is pure: no node:*, no Nest, no clients of Redis, NATS or gRPC, and nothing of its own service outside core/.
// 3. test-integration and bench start services as processes and never import them.
// 4. No import cycles between files, and no barrel (index.ts) inside a service.
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');

const ALLOWED = {
  'packages/contracts': [],
  'packages/kit': ['contracts'],
  'packages/bus': ['contracts', 'kit'],
  'packages/state': ['contracts', 'kit', 'bus'],
  'packages/scrcpy-wire': [],
  'packages/rtp': [],
  'packages/adb': [],
  'packages/phone-door': ['testkit'],
  'packages/android-image': [],
  'packages/testkit': ['scrcpy-wire', 'contracts'],
  'services/container-svc': ['contracts', 'kit', 'bus', 'state', 'android-image', 'testkit'],
  'services/session-svc': [
    'contracts',
    'kit',
    'bus',
    'state',
    'adb',
    'phone-door',
    'rtp',
    'scrcpy-wire',
    'testkit',
  ],
  'services/media-svc': ['contracts', 'kit', 'bus', 'state', 'rtp', 'testkit'],
  'services/input-svc': ['contracts', 'kit', 'bus', 'state', 'scrcpy-wire', 'testkit'],
  'services/gateway': ['contracts', 'kit', 'bus', 'state', 'testkit'],
  player: ['contracts'],
  web: ['player', 'contracts'],
  cli: ['contracts', 'kit'],
  bench: ['contracts', 'kit', 'bus', 'state', 'rtp', 'scrcpy-wire', 'adb', 'phone-door', 'testkit'],
  'test-integration': [
    'contracts',
    'kit',
    'bus',
    'state',
    'android-image',
    'rtp',
    'scrcpy-wire',
    'adb',
    'testkit',
    'cli',
  ],
};

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|import\(\s*'([^']+)'\s*\)/g;
const CORE_MAY = new Set([
  '@ancloud/contracts',
  '@ancloud/android-image',
  '@ancloud/scrcpy-wire',
  '@ancloud/rtp',
  // An error is a value: what a reader of bytes answers when they are none.
  '@ancloud/kit/errors',
  // What a viewer said, checked and scaled.
  '@ancloud/kit/input-translation',
  '@ancloud/kit/shape',
  // Text in, a tree out, and back.
  'sdp-transform',
  'vitest',
  'fast-check',
]);

const problems = [];
const graph = new Map();

for (const [folder, allowed] of Object.entries(ALLOWED)) {
  const src = path.join(root, folder, 'src');
  if (!fs.existsSync(src)) continue;
  for (const entry of fs.readdirSync(src, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const shown = path.relative(root, file);
    if (shown.includes('/gen/')) continue;
    const spec = /\.(spec|test|fixture)\.tsx?$/.test(file);
    if (folder.startsWith('services/') && entry.name === 'index.ts')
      problems.push(`${shown}: a barrel inside a service`);
    const inCore = shown.split(path.sep).includes('core');
    const edges = [];
    for (const match of fs.readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const typeOnly = match[1] !== undefined;
      const target = match[2] ?? match[3];
      if (target.startsWith('.')) {
        if (!spec && target.endsWith('.fixture.js')) problems.push(`${shown}: only specs import fixtures`);
        const resolved = path.resolve(path.dirname(file), target).replace(/\.js$/, '.ts');
        if (!resolved.startsWith(src + path.sep) && /\.(ts|js)$/.test(target))
          problems.push(`${shown}: leaves its package by '${target}'`);
        if (inCore && !typeOnly && !resolved.split(path.sep).includes('core'))
          problems.push(`${shown}: core imports '${target}' from outside core/`);
        if (!typeOnly) edges.push(resolved);
        continue;
      }
      const name = /^@ancloud\/([a-z-]+)/.exec(target)?.[1];
      if (name !== undefined && !allowed.includes(name))
        problems.push(`${shown}: ${folder} may not import @ancloud/${name}`);
      if (name === 'testkit' && !spec && folder !== 'bench')
        problems.push(`${shown}: only specs and benchmarks import @ancloud/testkit`);
      if (
        inCore &&
        !typeOnly &&
        !spec &&
        !CORE_MAY.has(target) &&
        !CORE_MAY.has(target.split('/').slice(0, 2).join('/'))
      )
        problems.push(`${shown}: core imports '${target}'`);
    }
    graph.set(file, edges);
  }
}

const state = new Map();
function visit(file, trail) {
  if (state.get(file) === 'done' || !graph.has(file)) return;
  if (state.get(file) === 'open') {
    problems.push(
      `cycle: ${[...trail.slice(trail.indexOf(file)), file].map((f) => path.relative(root, f)).join(' → ')}`,
    );
    return;
  }
  state.set(file, 'open');
  for (const next of graph.get(file)) visit(next, [...trail, file]);
  state.set(file, 'done');
}
for (const file of graph.keys()) visit(file, []);

for (const problem of problems) console.error(problem);
console.error(
  problems.length === 0
    ? `arrows: ${graph.size} files, all point down`
    : `arrows: ${problems.length} problems`,
);
process.exit(problems.length === 0 ? 0 : 1);
