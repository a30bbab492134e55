import path from 'node:path';

/** services/container-svc, whether run from src/, dist/ or bundle/. */
export const SERVICE = path.join(import.meta.dirname, '..');

/** The workspace; /app in an image of ours. */
export const WORKSPACE = path.join(SERVICE, '../..');
