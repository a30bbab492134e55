import type { ReactNode } from 'react';
import { Button, Label, ListBox, Popover, Select, SelectValue } from 'react-aria-components';

interface ChoiceProps {
  readonly label: string;
  /** Id of the item that is chosen; null: none, `placeholder` is shown. */
  readonly value: string | null;
  readonly choose: (id: string) => void;
  readonly placeholder?: string;
  readonly disabled?: boolean;
  /** `ListBoxItem`s, each with its id. */
  readonly children: ReactNode;
}

/** One of some: a field that opens a list. */
export function Choice({ label, value, choose, placeholder, disabled, children }: ChoiceProps): ReactNode {
  return (
    <Select
      className="field"
      value={value}
      onChange={(id) => choose(String(id))}
      isDisabled={disabled ?? false}
      {...(placeholder === undefined ? {} : { placeholder })}
    >
      <Label>{label}</Label>
      <Button className="select">
        <SelectValue />
        <span aria-hidden="true">▾</span>
      </Button>
      <Popover className="menu-shade">
        <ListBox className="menu">{children}</ListBox>
      </Popover>
    </Select>
  );
}
