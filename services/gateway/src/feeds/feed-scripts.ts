import type { Script } from '@ancloud/state';

// What is read and written of feeds' tokens at once. `FeedTokens` names the keys.

/** KEYS[1] token, [2] turn, [3] place; ARGV whose turn, ms. → {'void'}, {'busy'}, or {'begun', the place there was or ''}. */
export const beginPublisher: Script = {
  name: 'beginPublisher',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 0 then return {'void'} end
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return {'busy'} end
return {'begun', redis.call('GET', KEYS[3]) or ''}`,
};

/** KEYS[1] token, [2] turn, [3] place; ARGV whose turn, place, ms. → 'void', 'busy' when the turn is another one's by now, 'settled'. The turn stands for ms more. */
export const settlePublisher: Script = {
  name: 'settlePublisher',
  lua: `
local left = redis.call('PTTL', KEYS[1])
if left < 0 then return 'void' end
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'busy' end
redis.call('SET', KEYS[3], ARGV[2], 'PX', math.max(left, 1))
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 'settled'`,
};

/** KEYS[1] turn; ARGV whose turn. Gives the turn back, if it is that one's. */
export const leaveTurn: Script = {
  name: 'leaveTurn',
  lua: `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0`,
};
