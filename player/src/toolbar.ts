import { Action } from '@ancloud/contracts/input/v1/viewer';
import type { RoleWord } from '@ancloud/contracts/viewer';

export type ToolName =
  | 'back'
  | 'home'
  | 'recents'
  | 'volume-down'
  | 'volume-up'
  | 'power'
  | 'rotate'
  | 'keyboard'
  | 'keys'
  | 'copy'
  | 'sound'
  | 'stats'
  | 'full-screen';

interface Tool {
  readonly label: string;
  /** SVG path data on a 24 × 24 grid. */
  readonly icon: string;
  /** The same while it is off. */
  readonly off?: string;
  /** Needs role control. */
  readonly acts?: true;
  /** Says by aria-pressed whether it is on. */
  readonly toggles?: true;
}

const TOOLS: Readonly<Record<ToolName, Tool>> = {
  back: { label: 'Back', icon: 'M15 5l-7 7 7 7', acts: true },
  home: { label: 'Home', icon: 'M4 11l8-7 8 7v8a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z', acts: true },
  recents: {
    label: 'Recent apps',
    icon: 'M8 4h11a1 1 0 0 1 1 1v11M4 9h11a1 1 0 0 1 1 1v10H5a1 1 0 0 1-1-1z',
    acts: true,
  },
  'volume-down': { label: 'Volume down', icon: 'M4 9v6h4l5 4V5L8 9zM17 12h4', acts: true },
  'volume-up': { label: 'Volume up', icon: 'M4 9v6h4l5 4V5L8 9zM17 12h4M19 10v4', acts: true },
  power: { label: 'Power', icon: 'M12 3v9M6.3 7a8 8 0 1 0 11.4 0', acts: true },
  rotate: {
    label: 'Rotate',
    icon: 'M4 12a8 8 0 0 1 14-5l2 2M20 4v5h-5M20 12a8 8 0 0 1-14 5l-2-2M4 20v-5h5',
    acts: true,
  },
  keyboard: {
    label: 'Keyboard',
    icon: 'M4 6h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1zM7 10h.01M11 10h.01M15 10h.01M8 14h8',
    acts: true,
  },
  keys: {
    label: 'Keys as they are, for games',
    icon: 'M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM8 9l2 6 2-4 2 4 2-6',
    acts: true,
    toggles: true,
  },
  copy: { label: 'Copy the phone’s clipboard', icon: 'M9 9h10v11H9zM5 15V4h10', acts: true },
  sound: {
    label: 'Sound',
    icon: 'M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11',
    off: 'M4 9v6h4l5 4V5L8 9zM16.5 9.5l5 5M21.5 9.5l-5 5',
    toggles: true,
  },
  stats: { label: 'Statistics', icon: 'M5 20V10M12 20V4M19 20v-7', toggles: true },
  'full-screen': { label: 'Full screen', icon: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5' },
};

/** Buttons that are one of the phone's actions and nothing else. */
export const toolActions: Readonly<Partial<Record<ToolName, Action>>> = {
  back: Action.ACTION_BACK_OR_SCREEN_ON,
  home: Action.ACTION_HOME,
  recents: Action.ACTION_APP_SWITCH,
  'volume-down': Action.ACTION_VOLUME_DOWN,
  'volume-up': Action.ACTION_VOLUME_UP,
  power: Action.ACTION_POWER,
  rotate: Action.ACTION_ROTATE,
};

/**
 * The row of buttons, as a toolbar of the ARIA practices: one stop for Tab, arrows go between the buttons. A button that
 * cannot be used now stays reachable and says so (aria-disabled), so that focus is never lost to it.
 */
export class Toolbar {
  readonly #bar: HTMLElement;
  readonly #buttons = new Map<ToolName, HTMLButtonElement>();

  constructor(bar: HTMLElement, pressed: (name: ToolName) => void) {
    this.#bar = bar;
    for (const [name, tool] of Object.entries(TOOLS) as [ToolName, Tool][]) {
      if (name === 'full-screen' && !document.fullscreenEnabled) continue;
      const button = makeButton(tool);
      button.dataset['name'] = name;
      button.addEventListener('click', () => {
        if (button.getAttribute('aria-disabled') !== 'true') pressed(name);
      });
      this.#buttons.set(name, button);
      bar.append(button);
    }
    this.#enter(this.#list()[0]);
    bar.addEventListener('keydown', (event) => this.#arrows(event));
    bar.addEventListener('focusin', (event) => this.#enter(event.target as HTMLButtonElement));
  }

  /** Which buttons can be used: those that act only by a viewer that may touch. */
  role(role: RoleWord): void {
    for (const [name, button] of this.#buttons)
      if (TOOLS[name].acts === true) button.setAttribute('aria-disabled', String(role === 'watch'));
  }

  enable(name: ToolName, usable: boolean): void {
    this.#buttons.get(name)?.setAttribute('aria-disabled', String(!usable));
  }

  press(name: ToolName, on: boolean): void {
    const button = this.#buttons.get(name);
    button?.setAttribute('aria-pressed', String(on));
    button?.querySelector('path')?.setAttribute('d', iconOf(TOOLS[name], on));
  }

  #list(): HTMLButtonElement[] {
    return [...this.#buttons.values()];
  }

  /** The one button that Tab stops at. */
  #enter(current: HTMLButtonElement | undefined): void {
    for (const button of this.#buttons.values()) button.tabIndex = button === current ? 0 : -1;
  }

  #arrows(event: KeyboardEvent): void {
    const list = this.#list();
    const at = list.findIndex((button) => button.tabIndex === 0);
    const right = getComputedStyle(this.#bar).direction === 'rtl' ? -1 : 1;
    const to: Record<string, number> = {
      ArrowRight: at + right,
      ArrowLeft: at - right,
      Home: 0,
      End: list.length - 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    list.at(next % list.length)?.focus();
  }
}

function iconOf({ icon, off = icon }: Tool, on: boolean): string {
  return on ? icon : off;
}

function makeButton(tool: Tool): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('aria-label', tool.label);
  button.title = tool.label;
  if (tool.toggles === true) button.setAttribute('aria-pressed', 'false');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  icon.setAttribute('d', iconOf(tool, false));
  svg.append(icon);
  button.append(svg);
  return button;
}
