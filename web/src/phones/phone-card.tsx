import { memo, type ReactNode } from 'react';
import { Button, Link, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import type { Phone } from '../api/types.js';
import { count, nameOf, type WishName, wishNames } from '../farm/words.js';
import { Icon } from '../ui/icon.js';
import { PhaseMark } from '../ui/phase-mark.js';
import { LabelList } from './labels.js';
import { Thumbnail } from './thumbnail.js';
import { type Choice, ChooseButton } from './together.js';
import { usePhoneActions } from './use-actions.js';

interface PhoneCardProps {
  readonly phone: Phone;
  /** While phones are chosen to be controlled together. */
  readonly choice: Choice | undefined;
}

/** Not rendered anew while it is of the same phone: a page may have thousands, and is rendered with each key that is typed on it. */
export const PhoneCard = memo(function PhoneCard({ phone, choice }: PhoneCardProps): ReactNode {
  const actions = usePhoneActions(phone);
  const name = nameOf(phone);
  return (
    <li className="card">
      <Thumbnail phone={phone} />
      <div className="card-text">
        <h2>
          {/* Reaches over the whole card by its ::after. */}
          <Link href={`/phones/${phone.phoneId}`}>{name}</Link>
        </h2>
        <PhaseMark phone={phone} />
        <p className="card-facts">
          {phone.hostId === '' ? 'no host yet' : phone.hostId}
          {phone.viewers > 0 && ` · ${count(phone.viewers, 'viewer', 'viewers')}`}
        </p>
        <LabelList labels={phone.spec.labels} />
        {phone.message !== '' && <p className="card-message">{phone.message}</p>}
        {choice !== undefined && phone.viewable && <ChooseButton phone={phone} choice={choice} />}
      </div>
      <MenuTrigger>
        <Button className="button icon-only card-menu" aria-label={`Actions for ${name}`}>
          <Icon name="more" />
        </Button>
        <Popover className="menu-shade" placement="bottom end">
          <Menu
            className="menu"
            disabledKeys={wishNames.filter((one) => !actions.can[one])}
            onAction={(key) => actions.ask(key as WishName)}
          >
            <MenuItem id="start">
              <Icon name="play" /> Start
            </MenuItem>
            <MenuItem id="stop">
              <Icon name="stop" /> Stop
            </MenuItem>
            <MenuItem id="pause">
              <Icon name="pause" /> Pause
            </MenuItem>
            <MenuItem id="resume">
              <Icon name="play" /> Resume
            </MenuItem>
            <MenuItem id="reboot">
              <Icon name="again" /> Reboot
            </MenuItem>
            <MenuItem id="reset" className="bad">
              <Icon name="blank" /> Factory reset…
            </MenuItem>
            <MenuItem id="delete" className="bad">
              <Icon name="trash" /> Delete…
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      {actions.confirmation}
    </li>
  );
});
