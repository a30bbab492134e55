import type { AncloudPhone } from '@ancloud/player';
import type { ReactNode, RefObject } from 'react';
import { Button } from 'react-aria-components';
import { useFarm } from '../farm/farm.js';
import { useNotify } from '../ui/notices.js';
import { sentence } from '../ui/problem.js';
import type { Holding, Role } from './holding.js';

const HOLDING_WORDS: Readonly<Record<Holding['by'], string>> = {
  mine: 'You have the controls.',
  others: 'Somebody else has the controls.',
  nobody: 'Nobody has the controls: touch the screen to take them.',
  unknown: '',
};

interface ControlsProps {
  readonly phoneId: string;
  readonly role: Role;
  readonly holding: Holding;
  readonly player: RefObject<AncloudPhone | null>;
}

/** Who has the controls, and what this viewer may do about it: as a viewer, and by the word of the phone's owner. */
export function Controls({ phoneId, role, holding, player }: ControlsProps): ReactNode {
  const { client } = useFarm();
  const notify = useNotify();
  const { by, me, asking } = holding;
  const asked = asking.includes(me);
  if (role === 'watch' && by !== 'others') return null;
  return (
    <div className="holding">
      <p role="status">
        {HOLDING_WORDS[by]}
        {by === 'mine' && asking.length > 0 && ' Somebody asks for them.'}
        {asked && ' You have asked for them.'}
      </p>
      {by === 'mine' && (
        <Button className="button small" onPress={() => player.current?.control(false)}>
          Give up
        </Button>
      )}
      {role === 'control' && by === 'others' && (
        <Button className="button small" onPress={() => player.current?.control(!asked)}>
          {asked ? 'Withdraw' : 'Take controls'}
        </Button>
      )}
      {by === 'others' && (
        <Button
          className="button small danger-text"
          onPress={() =>
            void client
              .grantControl(phoneId, '')
              .catch((error: unknown) => notify({ text: sentence((error as Error).message), bad: true }))
          }
        >
          Take from everybody
        </Button>
      )}
    </div>
  );
}
