import { readFile, rename, writeFile } from 'node:fs/promises';

/** Writes the key's public line beside the private file, where container-svc takes it for each phone's adb_keys. */
export async function publishKey(keyFile: string, line: string): Promise<string> {
  const file = `${keyFile}.pub`;
  const text = `${line}\n`;
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before === text) return file;
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text, { mode: 0o644 });
  await rename(draft, file);
  return file;
}
