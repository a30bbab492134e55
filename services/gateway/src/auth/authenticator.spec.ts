import { describe, expect, it } from 'vitest';
import { Authenticator, digestOf, type CredentialStore } from './authenticator.js';
import { isAdmin, owns, requireAdmin, type Principal } from './principal.js';

const ADMIN_KEY = 'bootstrap-key-of-the-farm';
const TENANT_KEY = 'key-of-a-tenant';
const asked: string[] = [];
const store: CredentialStore = {
  apiKey: (digest) => {
    asked.push(digest);
    const row: Record<string, Record<string, string>> = {
      [digestOf(TENANT_KEY)]: { owner: 'acme', roles: '' },
      [digestOf('broken')]: { roles: 'admin' },
    };
    return Promise.resolve(row[digest]);
  },
  consoleSession: (digest) =>
    Promise.resolve(digest === digestOf('cookie') ? { owner: 'admin', roles: 'admin,ops' } : undefined),
};
const authenticator = new Authenticator(store, ADMIN_KEY);

describe('Authenticator', () => {
  it('knows the bootstrap key without asking Redis', async () => {
    asked.length = 0;
    expect(await authenticator.byHeader(`Bearer ${ADMIN_KEY}`)).toEqual({
      owner: 'admin',
      roles: ['admin'],
      via: 'key',
    });
    expect(asked).toEqual([]);
  });

  it('asks Redis by digest, never by key', async () => {
    asked.length = 0;
    expect(await authenticator.byHeader(`bearer ${TENANT_KEY}`)).toEqual({
      owner: 'acme',
      roles: [],
      via: 'key',
    });
    expect(asked).toEqual([digestOf(TENANT_KEY)]);
    expect(asked[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic YWRtaW46YWRtaW4=',
    'Bearer two words',
    `Bearer ${ADMIN_KEY}x`,
    `Bearer ${ADMIN_KEY.slice(0, -1)}`,
    `Bearer ${'x'.repeat(513)}`,
    'Bearer broken',
  ])('refuses %s', async (header) => {
    await expect(authenticator.byHeader(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('never repeats a wrong key in its answer', async () => {
    const error: unknown = await authenticator
      .byHeader('Bearer hunter2hunter2')
      .catch((cause: unknown) => cause);
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
  });

  it('reads console sessions', async () => {
    expect(await authenticator.byConsoleSession('cookie')).toMatchObject({
      via: 'console',
      roles: ['admin', 'ops'],
    });
    await expect(authenticator.byConsoleSession('other')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('tenants', () => {
  const acme: Principal = { owner: 'acme', roles: [], via: 'key' };
  const admin: Principal = { owner: 'admin', roles: ['admin'], via: 'key' };
  it('own their things; the admin owns all', () => {
    expect([owns(acme, 'acme'), owns(acme, 'other'), owns(admin, 'acme')]).toEqual([true, false, true]);
    expect([isAdmin(acme), isAdmin(admin)]).toEqual([false, true]);
    expect(() => requireAdmin(acme, 'listing hosts')).toThrow('listing hosts needs');
  });
});
