/**
 * All Lua that ancloud's packages run in Redis. TypeScript constants, so that a build carries them. Each script is atomic;
 * each takes its keys by KEYS only. Numbers are written with %.0f: Lua's own form of 1.7e12 would lose digits.
 */
export interface Script {
  readonly name: string;
  readonly lua: string;
}

/** Lua that sets `now` to Redis' own time in ms: the only clock that all machines of a farm agree on. For services' scripts too. */
export const luaNow = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

/** A hash outlives its lease by a day, so that a clock of Redis set back by less cannot repeat a fence. */
const KEEP_MS = 86_400_000;

/**
 * KEYS[1] lease; ARGV owner, ttl ms, '1' = take it from whoever holds it, `=<owner>` = from that one only.
 * → {1, fence, ttl} taken, or {0, fence, rest ms, holder}. The holder itself gets its own fence again, unless it takes by force.
 * fence = max(old + 1, now): it grows while the hash lives, and by time over a Redis that lost it.
 */
export const acquireLease: Script = {
  name: 'acquireLease',
  lua: `${luaNow}
local h = redis.call('HMGET', KEYS[1], 'owner', 'fence', 'expiry')
local fence, expiry = tonumber(h[2]) or 0, tonumber(h[3]) or 0
local held = h[1] and h[1] ~= '' and expiry > now
local ttl = tonumber(ARGV[2])
local force = ARGV[3] == '1' or (held and ARGV[3] == '=' .. h[1])
if held and not force and h[1] ~= ARGV[1] then
  return {0, string.format('%.0f', fence), expiry - now, h[1]}
end
if not (held and h[1] == ARGV[1]) or force then fence = math.max(fence + 1, now) end
local text = string.format('%.0f', fence)
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fence', text, 'expiry', string.format('%.0f', now + ttl))
redis.call('PEXPIRE', KEYS[1], ttl + ${KEEP_MS})
return {1, text, ttl}`,
};

/**
 * KEYS leases; ARGV owner, fence, ttl ms of each. → for each 1 renewed, 0 lost.
 * A hash that is not there at all means a Redis that was emptied, and nobody else holds it: the holder writes it back with
 * its fence, so that an emptied Redis interrupts nobody.
 */
export const renewLeases: Script = {
  name: 'renewLeases',
  lua: `${luaNow}
local answers = {}
for i, key in ipairs(KEYS) do
  local owner, fence, ttl = ARGV[3 * i - 2], ARGV[3 * i - 1], tonumber(ARGV[3 * i])
  local h = redis.call('HMGET', key, 'owner', 'fence', 'expiry')
  if h[2] and (h[1] ~= owner or h[2] ~= fence or tonumber(h[3]) <= now) then
    answers[i] = 0
  else
    redis.call('HSET', key, 'owner', owner, 'fence', fence, 'expiry', string.format('%.0f', now + ttl))
    redis.call('PEXPIRE', key, ttl + ${KEEP_MS})
    answers[i] = 1
  end
end
return answers`,
};

/** KEYS[1] lease; ARGV owner, fence. → 1 released, 0 it was not theirs. The fence stays. */
export const releaseLease: Script = {
  name: 'releaseLease',
  lua: `
local h = redis.call('HMGET', KEYS[1], 'owner', 'fence')
if h[1] ~= ARGV[1] or h[2] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'owner', '', 'expiry', '0')
return 1`,
};

/** KEYS[1] lease. → {owner, fence, rest ms}; owner '' when nobody holds it, fence '0' when nobody ever did. */
export const readLease: Script = {
  name: 'readLease',
  lua: `${luaNow}
local h = redis.call('HMGET', KEYS[1], 'owner', 'fence', 'expiry')
local rest = (tonumber(h[3]) or 0) - now
if not h[1] or h[1] == '' or rest <= 0 then return {'', h[2] or '0', 0} end
return {h[1], h[2], rest}`,
};

/**
 * KEYS[1] record (JSON with numbers epoch, revision); ARGV json, epoch, revision, ttl ms (0 = kept).
 * → {1} written, or {0, epoch, revision} of the newer one that stands. What cannot be read is replaced.
 */
export const writeFenced: Script = {
  name: 'writeFenced',
  lua: `
local old = redis.call('GET', KEYS[1])
if old then
  local ok, r = pcall(cjson.decode, old)
  if ok and type(r) == 'table' then
    local e, v = tonumber(r.epoch) or 0, tonumber(r.revision) or 0
    local ne, nv = tonumber(ARGV[2]), tonumber(ARGV[3])
    if e > ne or (e == ne and v > nv) then return {0, string.format('%.0f', e), string.format('%.0f', v)} end
  end
end
if ARGV[4] == '0' then redis.call('SET', KEYS[1], ARGV[1])
else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[4]) end
return {1}`,
};

/** Lua that is true for a record (JSON with a number fence) whose fence is greater than ARGV[1]. What cannot be read is nobody's. */
const laterHolders = `
local old, later = redis.call('GET', KEYS[1]), false
if old then
  local ok, r = pcall(cjson.decode, old)
  later = ok and type(r) == 'table' and (tonumber(r.fence) or 0) > tonumber(ARGV[1])
end`;

/** KEYS[1] record; ARGV fence, json, ttl ms. → 1 written, 0 a later holder's stands. */
export const writeAsHolder: Script = {
  name: 'writeAsHolder',
  lua: `${laterHolders}
if later then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`,
};

/** KEYS[1] record; ARGV fence. → 1 it is gone, 0 a later holder's stands. */
export const deleteAsHolder: Script = {
  name: 'deleteAsHolder',
  lua: `${laterHolders}
if later then return 0 end
redis.call('DEL', KEYS[1])
return 1`,
};
