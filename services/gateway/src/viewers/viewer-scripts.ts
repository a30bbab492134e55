import { luaNow, type Script } from '@ancloud/state';

// What is read and written of viewers at once. `ViewerStore` names the keys.

/** Lua: the list of a phone's viewers stands as long as who stands longest in it. */
const listed = (key: string, ms: string): string => `
redis.call('PEXPIRE', ${key}, ${ms}, 'NX')
redis.call('PEXPIRE', ${key}, ${ms}, 'GT')`;

/** KEYS[1] token, [2] viewer, [3] revoked, [4] viewers of its phone; ARGV viewer, ms, phone, role, owner, region, pinned, jti. → 1 may join, 0 it was revoked. */
export const makeViewer: Script = {
  name: 'makeViewer',
  lua: `${luaNow}
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('HSET', KEYS[2], 'phone', ARGV[3], 'role', ARGV[4], 'owner', ARGV[5], 'region', ARGV[6], 'pinned', ARGV[7], 'jti', ARGV[8])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[4], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
${listed('KEYS[4]', 'ARGV[2]')}
return 1`,
};

/**
 * KEYS[1] viewer; ARGV digest of the secret shown, digest of the next, connection, ms.
 * → {phone, role, owner, region, pinned} when the secret is the current one, else {}.
 */
export const rotateResume: Script = {
  name: 'rotateResume',
  lua: `
local h = redis.call('HMGET', KEYS[1], 'digest', 'phone', 'role', 'owner', 'region', 'pinned')
if not h[1] or h[1] ~= ARGV[1] then return {} end
redis.call('HSET', KEYS[1], 'digest', ARGV[2], 'connection', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {h[2], h[3], h[4], h[5] or '', h[6] or ''}`,
};

/** Lua, of `admitViewer` and `keepViewer`, which have the same keys and arguments at the same places. */
const keep = `
local c = redis.call('HGET', KEYS[1], 'connection')
if c and c ~= ARGV[2] then return 0 end
if not c then
  redis.call('HSET', KEYS[1], 'phone', ARGV[4], 'role', ARGV[5], 'owner', ARGV[6], 'region', ARGV[7], 'pinned', ARGV[8], 'digest', ARGV[9], 'connection', ARGV[2])
end
local seen = string.format('%.0f', now)
redis.call('HSETNX', KEYS[1], 'since', seen)
redis.call('HSET', KEYS[1], 'seen', seen)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[1])
${listed('KEYS[2]', 'ARGV[3]')}
return 1`;

/**
 * KEYS[1] viewer, [2] viewers of its phone, [3] revoked, [4] ended; ARGV viewer, ms, phone, role, owner, region, pinned. → 1 it stands, or was
 * ended, 0 it was revoked. What is missing is written back, if the owner is told.
 */
export const standViewer: Script = {
  name: 'standViewer',
  lua: `${luaNow}
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
if redis.call('EXISTS', KEYS[4]) == 1 then return 1 end
if redis.call('EXISTS', KEYS[1]) == 0 then
  if ARGV[5] == '' then return 1 end
  redis.call('HSET', KEYS[1], 'phone', ARGV[3], 'role', ARGV[4], 'owner', ARGV[5], 'region', ARGV[6], 'pinned', ARGV[7], 'since', string.format('%.0f', now))
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
${listed('KEYS[2]', 'ARGV[2]')}
return 1`,
};

/** KEYS[1] viewer, [2] viewers of its phone, [3] ended; ARGV viewer, ms in which nothing makes it stand again. */
export const endViewer: Script = {
  name: 'endViewer',
  lua: `
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[3], '1', 'PX', ARGV[2])
return 1`,
};

/**
 * KEYS[1] viewer, [2] viewers of its phone, [3] revoked; ARGV viewer, connection, ms, phone, role, owner, region, pinned, digest.
 * → 1 the viewer is this connection's and lives on, 0 it is another's, -1 it was revoked.
 * What is missing is written (back): a Redis that was emptied interrupts nobody.
 */
export const keepViewer: Script = {
  name: 'keepViewer',
  lua: `${luaNow}
if redis.call('EXISTS', KEYS[3]) == 1 then return -1 end
${keep}`,
};

/** Uses KEYS[4], a token, up and begins the viewer's connection; the rest, and what it answers, as `keepViewer`. → -2 the token was used before. */
export const admitViewer: Script = {
  name: 'admitViewer',
  lua: `${luaNow}
local taken = redis.call('DEL', KEYS[4])
if redis.call('EXISTS', KEYS[3]) == 1 then return -1 end
if taken == 0 then return -2 end
${keep}`,
};

/** KEYS[1] viewer, [2] viewers of its phone; ARGV viewer, connection, '1' = for good. A connection that is not the viewer's says nothing. */
export const leaveViewer: Script = {
  name: 'leaveViewer',
  lua: `
if redis.call('HGET', KEYS[1], 'connection') ~= ARGV[2] then return 0 end
if ARGV[3] ~= '1' then return redis.call('HSET', KEYS[1], 'seen', '0') end
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])`,
};

/** KEYS[1] viewer, [2] viewers of its phone, [3] revoked, [4] token; ARGV viewer, ms, what stands under [3]. */
export const revokeViewer: Script = {
  name: 'revokeViewer',
  lua: `
redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1], KEYS[4])`,
};

/** KEYS[1] viewers of a phone; ARGV most. → id and time of each who is there, may come back, or may come. */
export const listViewers: Script = {
  name: 'listViewers',
  lua: `${luaNow}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
return redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[1]) - 1, 'WITHSCORES')`,
};
