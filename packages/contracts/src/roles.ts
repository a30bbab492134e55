import { Role } from './gen/ancloud/common/v1/common.js';
import type { RoleWord } from './viewer.js';

const words: Readonly<Record<RoleWord, Role>> = {
  watch: Role.ROLE_WATCH,
  control: Role.ROLE_CONTROL,
  owner: Role.ROLE_OWNER,
};

/** The word of tokens, subjects and REST as the enum of protos. */
export function roleOf(word: RoleWord): Role {
  return words[word];
}

/** The other way round. What is no role is taken for the least. */
export function roleWord(role: Role): RoleWord {
  if (role === Role.ROLE_OWNER) return 'owner';
  return role === Role.ROLE_CONTROL ? 'control' : 'watch';
}

export function isRoleWord(word: unknown): word is RoleWord {
  return typeof word === 'string' && Object.hasOwn(words, word);
}
