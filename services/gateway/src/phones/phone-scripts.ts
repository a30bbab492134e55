import type { Script } from '@ancloud/state';

/*
 * What must happen at once about phones. JSON is decoded and encoded by cjson; the records hold no empty lists or objects
 * (ts-proto leaves them out), so nothing changes its kind on the way, and numbers have at most 14 digits.
 */

const OPERATION_SECONDS = 86_400;

const WRITE_OPERATION = `
local function begin(op, key, zset, set)
  redis.call('SET', key, cjson.encode(op), 'EX', ${OPERATION_SECONDS})
  redis.call('ZADD', zset, op.deadlineMs, op.operationId)
  redis.call('SADD', set, op.operationId)
end`;

/**
 * KEYS incarnation, recovery, desired, placement, phones, owner's phones, tombstone, operation, operations,
 * phone's operations, idempotency, then host record and host's phones of each candidate, best first.
 * ARGV desired, operation, host id of each candidate joined by ',', image id, idempotency value or '', its ms.
 * → {'recovering'} | {'exists'} | {'repeated', value} | {'full'} | {'placed', host, desired, operation}
 *
 * The reservation is the phone's id in the host's set: it is checked against the host's own record here, so two gateways
 * that chose the same last place cannot both have it.
 */
export const placePhone: Script = {
  name: 'placePhone',
  lua: `${WRITE_OPERATION}
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('EXISTS', KEYS[2]) == 1 then return {'recovering'} end
if ARGV[5] ~= '' then
  local first = redis.call('GET', KEYS[11])
  if first then return {'repeated', first} end
end
if redis.call('EXISTS', KEYS[3]) == 1 or redis.call('EXISTS', KEYS[7]) == 1 then return {'exists'} end
local desired, op = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
local at = 12
for id in string.gmatch(ARGV[3], '[^,]+') do
  local text = redis.call('GET', KEYS[at])
  if text then
    local host, has = cjson.decode(text), false
    for _, image in ipairs(host.images or {}) do has = has or image.imageId == ARGV[4] end
    if has and host.schedulable and redis.call('SCARD', KEYS[at + 1]) < (host.capacity or 0) then
      local t = redis.call('TIME')
      local epoch = t[1] * 1000 + math.floor(t[2] / 1000)
      desired.epoch, op.epoch = epoch, epoch
      local wish = cjson.encode(desired)
      redis.call('SET', KEYS[3], wish)
      redis.call('SET', KEYS[4], cjson.encode({phoneId = desired.phoneId, hostId = id, epoch = epoch}))
      redis.call('SADD', KEYS[5], desired.phoneId)
      redis.call('SADD', KEYS[6], desired.phoneId)
      redis.call('SADD', KEYS[at + 1], desired.phoneId)
      begin(op, KEYS[8], KEYS[9], KEYS[10])
      if ARGV[5] ~= '' then redis.call('SET', KEYS[11], ARGV[5], 'PX', ARGV[6]) end
      return {'placed', id, wish, cjson.encode(op)}
    end
  end
  at = at + 2
end
return {'full'}`,
};

/**
 * KEYS desired, operation, operations, phone's operations; ARGV change (WishChange), operation.
 * → {'missing'} | {'deleting'} | {'stopped'} | {'moving'} | {'changed'} | {'wished', desired, operation}. A deletion cannot be taken back.
 */
export const wishPhone: Script = {
  name: 'wishPhone',
  lua: `${WRITE_OPERATION}
local text = redis.call('GET', KEYS[1])
if not text then return {'missing'} end
local desired, change, op = cjson.decode(text), cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
if desired.wanted == 'WANTED_REMOVED' and change.wanted ~= 'WANTED_REMOVED' then return {'deleting'} end
if change.revision and (desired.revision or 0) ~= change.revision then return {'changed'} end
if change.onlyRunning and desired.wanted ~= 'WANTED_RUNNING' then return {'stopped'} end
if change.onlyStill and desired.wanted ~= 'WANTED_STOPPED' and not desired.paused then return {'moving'} end
if change.wanted then desired.wanted = change.wanted end
if change.paused ~= nil then desired.paused = change.paused or nil end
if change.spec then desired.spec = change.spec end
if change.dataFrom then desired.dataFrom = change.dataFrom ~= '' and change.dataFrom or nil end
if change.snapshot ~= nil then desired.snapshot = change.snapshot or nil end
if change.count then desired[change.count] = (desired[change.count] or 0) + 1 end
desired.revision = (desired.revision or 0) + 1
op.epoch, op.revision = desired.epoch, desired.revision
local wish = cjson.encode(desired)
redis.call('SET', KEYS[1], wish)
begin(op, KEYS[2], KEYS[3], KEYS[4])
return {'wished', wish, cjson.encode(op)}`,
};

/**
 * The host has confirmed: the phone's records go, a tombstone comes, its place on the host is free.
 * KEYS desired, placement, phones, owner's phones, host's phones, tombstone; ARGV phone, epoch, tombstone, its seconds.
 * → 1 done, 0 it is not (or no longer) this epoch's deletion.
 */
export const finishRemoval: Script = {
  name: 'finishRemoval',
  lua: `
local text = redis.call('GET', KEYS[1])
if not text then return 0 end
local desired = cjson.decode(text)
if desired.wanted ~= 'WANTED_REMOVED' or desired.epoch ~= tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
redis.call('SREM', KEYS[5], ARGV[1])
redis.call('SET', KEYS[6], ARGV[3], 'EX', ARGV[4])
return 1`,
};

/**
 * A deletion that does not wait for a lost host: the phone is gone for its owner, while desired state and placement stay
 * until the host has returned and confirmed.
 * KEYS desired, host record, phones, owner's phones, tombstone; ARGV phone, tombstone, its seconds.
 * → 1 gone, 0 it is not being deleted, or its host is alive.
 */
export const forceRemoval: Script = {
  name: 'forceRemoval',
  lua: `
local text = redis.call('GET', KEYS[1])
if not text or cjson.decode(text).wanted ~= 'WANTED_REMOVED' then return 0 end
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
redis.call('SET', KEYS[5], ARGV[2], 'EX', ARGV[3])
return 1`,
};

/**
 * A host reports a phone with the wish it was once told. Of two claims the higher epoch wins; what has a tombstone never
 * returns. KEYS desired, placement, phones, owner's phones, host's phones, tombstone; ARGV desired, placement, phone, epoch.
 * → 1 rebuilt, 0 there was something newer, -1 tombstone.
 */
export const rebuildPhone: Script = {
  name: 'rebuildPhone',
  lua: `
if redis.call('EXISTS', KEYS[6]) == 1 then return -1 end
local text = redis.call('GET', KEYS[1])
if text and (cjson.decode(text).epoch or 0) >= tonumber(ARGV[4]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2])
redis.call('SADD', KEYS[3], ARGV[3])
redis.call('SADD', KEYS[4], ARGV[3])
redis.call('SADD', KEYS[5], ARGV[3])
return 1`,
};
