import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A file system of fixtures/, unpacked: for specs and fuzz targets only. */
export const fixture = (name: string): Buffer =>
  gunzipSync(fs.readFileSync(path.join(import.meta.dirname, '../fixtures', `${name}.gz`)));
