// What the documents point at exists: `npm run references` fails on a link to no file, and on a name in backticks of a test, a source file, a
// metric or a variable that nothing in the repository is called by any more.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file !== '' && fs.existsSync(path.join(root, file)));
const documents = tracked.filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md');
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const code = tracked
  .filter((file) => /\.(ts|tsx|mjs|cjs|c|h|sh|yml|proto|py)$|(^|\/)(ancloud|Dockerfile)$/.test(file))
  .map(read)
  .join('\n');

/** What a word in backticks claims to be, and whether it is. */
const CLAIMS = [
  { is: /^[a-z0-9-]+\.(spec|test)$/, holds: (name) => tracked.some((file) => file.includes(`/${name}.ts`)) },
  {
    is: /^(?!\.|[A-Z]+\/)[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*\/[A-Za-z0-9_-]+\.(ts|tsx|mjs|py|sh|proto)$/,
    holds: (name) => tracked.some((file) => `/${file}`.endsWith(`/${name}`)),
  },
  { is: /^(ANCLOUD_[A-Z0-9_]+|ancloud_[a-z0-9_]+)$/, holds: (name) => code.includes(name) },
];

const problems = [];
for (const document of documents) {
  const text = read(document);
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    const file = target.replace(/#.*$/, '');
    if (file === '' || /^[a-z]+:/.test(file)) continue;
    if (!fs.existsSync(path.resolve(root, path.dirname(document), file)))
      problems.push(`${document}: links to '${target}', which is not there`);
  }
  for (const [, word] of text.matchAll(/`([^`\n]+)`/g)) {
    const claim = CLAIMS.find(({ is }) => is.test(word));
    if (claim !== undefined && !claim.holds(word)) problems.push(`${document}: nothing is called '${word}'`);
  }
}

for (const problem of problems) console.error(problem);
console.error(
  `references: ${documents.length} documents, ${problems.length === 0 ? 'all that they name is there' : `${problems.length} problems`}`,
);
process.exit(problems.length === 0 ? 0 : 1);
