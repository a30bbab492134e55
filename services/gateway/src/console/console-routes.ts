import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';

const tag = 'console';

export const link = named(
  'ConsoleLink',
  z.object({
    code: z.string().describe('Secret, good for one sign-in'),
    url: z.string().describe('The console with the code in its fragment, which browsers do not send'),
    expiresAt: z.iso.datetime(),
  }),
);
export const signInBody = named('SignIn', z.strictObject({ code: z.string().min(1).max(128) }));
export const me = named(
  'Me',
  z.object({ owner: z.string(), roles: z.array(z.string()), via: z.enum(['key', 'console']) }),
);

export const consoleRoutes: readonly RouteDoc[] = [
  {
    method: 'POST',
    path: '/v1/console/links',
    operationId: 'createConsoleLink',
    tag,
    summary: 'A one-time link that signs a browser in (admin key)',
    ok: { status: 201, description: 'The link, good for 10 minutes', schema: link },
    errors: ['FORBIDDEN'],
  },
  {
    method: 'POST',
    path: '/v1/console/sign-in',
    operationId: 'signIn',
    tag,
    summary: 'Exchanges a code for a cookie',
    description:
      'Sets the cookie `ancloud_session` (HttpOnly, SameSite=Strict). The request must come from an allowed Origin.',
    open: true,
    body: { schema: signInBody },
    ok: { status: 200, description: 'Who is signed in', schema: me },
    errors: ['TOKEN_INVALID', 'ORIGIN_REFUSED'],
  },
  {
    method: 'DELETE',
    path: '/v1/console/session',
    operationId: 'signOut',
    tag,
    summary: "Ends the browser's session",
    ok: { status: 204, description: 'Signed out' },
    errors: [],
  },
  {
    method: 'GET',
    path: '/v1/me',
    operationId: 'me',
    tag,
    summary: 'Who the caller is',
    ok: { status: 200, description: 'The caller', schema: me },
    errors: [],
  },
];
