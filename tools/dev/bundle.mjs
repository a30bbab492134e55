// services/NAME/dist → services/NAME/bundle: each program in one file with all that it imports. `npm run build` ends with it.
//
// Why: a service is 1,400 files, and half of its start went into finding and linking them; people wait for a service that was
// killed. Names stay, since stack traces are read. Comments and blanks go, and what is not ASCII is escaped: V8 keeps a program's
// text for as long as it runs, and one character beyond Latin-1 makes it two bytes for each.
//
// Bundled from dist and not from the sources: tsc writes the decorator metadata that Nest needs, esbuild cannot. Paths that a
// service reckons from its own file must hold in dist/ and in bundle/, which lie beside each other.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '../..');

/** Programs by service: the name of each is also that of its file in dist/ and in bundle/. */
const PROGRAMS = {
  'container-svc': ['main', 'reader/main'],
  gateway: ['main'],
  'input-svc': ['main'],
  'media-svc': ['main'],
  'session-svc': ['main'],
};

/** What Nest asks for only when a transport or a pipe needs it (its loadPackage); none of ours does, none is installed. */
const ABSENT = [
  '@fastify/multipart',
  '@fastify/view',
  '@nestjs/microservices/microservices-module',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'amqp-connection-manager',
  'amqplib',
  'class-transformer',
  'class-validator',
  'kafkajs',
  'mqtt',
  'nats',
];

/** Found in node_modules as the program runs: they have native parts beside them. */
const LEFT = ['koffi', 'mediasoup'];

/** Characters of a bundle's line, roughly: the places that stack traces name in dependencies have to be found. */
const LINE_MAX = 160;

/** CommonJS inside an ES module: `require` of Node's own modules and of what is left out, and grpc-js's __dirname. */
const BANNER = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
].join('\n');

/** Their .proto files lie beside them. */
const READ_BESIDE = ['@grpc/reflection', 'grpc-health-check'];

/** `__dirname` of those: where the package is found as the program runs. */
const beside = {
  name: 'beside',
  setup(bundle) {
    const { resolve } = createRequire(path.join(root, 'packages/kit/package.json'));
    for (const name of READ_BESIDE) {
      const main = path.dirname(resolve(name));
      const filter = new RegExp(`/node_modules/${name}/.*\\.js$`);
      bundle.onLoad({ filter }, async ({ path: file }) => {
        const text = await fs.promises.readFile(file, 'utf8');
        const way = JSON.stringify(path.join('..', path.relative(main, path.dirname(file))));
        const folder = `require('node:path').join(require.resolve('${name}'), ${way})`;
        return { contents: text.replaceAll('__dirname', `(${folder})`), loader: 'js' };
      });
    }
  },
};

/**
 * The map without the dependencies' part, and of ours one place for each line of a source: a stack trace names lines. The first
 * error that is logged stops the program until its map is parsed, and from then on the map is kept as an array for each place.
 */
function ownMap(text) {
  const map = JSON.parse(text);
  const kept = map.sources.flatMap((source, i) => (source.includes('node_modules/') ? [] : [i]));
  const renumbered = new Map(kept.map((i, n) => [i, n]));
  const lines = decode(map.mappings).map((line) => {
    const segments = line.map(([column, source, ...rest]) =>
      renumbered.has(source) ? [column, renumbered.get(source), ...rest.slice(0, 2)] : [column],
    );
    return segments.filter(([, source, sourceLine], i) => {
      const [, sourceBefore, lineBefore] = segments[i - 1] ?? [];
      return source !== sourceBefore || sourceLine !== lineBefore;
    });
  });
  const sources = kept.map((i) => map.sources[i]);
  return JSON.stringify({ version: 3, sources, names: [], mappings: encode(lines) });
}

async function bundle(service, programs) {
  const folder = path.join(root, 'services', service);
  const { outputFiles } = await build({
    entryPoints: programs.map((program) => ({ in: path.join(folder, `dist/${program}.js`), out: program })),
    outdir: path.join(folder, 'bundle'),
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: 'linked',
    sourcesContent: false,
    minifyWhitespace: true,
    lineLimit: LINE_MAX,
    charset: 'ascii',
    legalComments: 'external',
    banner: { js: BANNER },
    external: [...ABSENT, ...LEFT],
    plugins: [beside],
    logLevel: 'warning',
  });
  for (const { path: file, contents, text } of outputFiles) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    // A program that runs from the old file goes on with it.
    fs.writeFileSync(`${file}.new`, file.endsWith('.map') ? ownMap(text) : contents);
    fs.renameSync(`${file}.new`, file);
  }
}

await Promise.all(Object.entries(PROGRAMS).map(([service, programs]) => bundle(service, programs)));
