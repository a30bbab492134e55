import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { CHROMIUM } from '../harness/chromium-program.js';
import { PATIENCE_MS } from '../harness/eventually.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const NODE = path.join(ROOT, 'node_modules/.bin/node');

/** Builds what the mock gateway serves. */
export function buildConsole(): void {
  const env = { ...process.env, PATH: `${path.dirname(NODE)}:${process.env['PATH'] ?? ''}` };
  execFileSync('npm', ['run', '-s', 'build:web'], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** web/dev's pretended gateway, in a process of its own. */
export class MockGateway {
  readonly #child: ChildProcess;

  private constructor(
    child: ChildProcess,
    /** With a code that signs in once. */
    readonly link: string,
  ) {
    this.#child = child;
  }

  get origin(): string {
    return new URL(this.link).origin;
  }

  static start(...more: string[]): Promise<MockGateway> {
    const child = spawn(NODE, [path.join(ROOT, 'web/dev/mock-gateway.ts'), '0', ...more], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the mock gateway ended with ${code}`)));
      child.stdout.once('data', (data: Buffer) => resolve(new MockGateway(child, data.toString().trim())));
    });
  }

  close(): void {
    this.#child.kill();
  }
}

export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    timeout: PATIENCE_MS,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });
}

/** A signed-in console that collects what its Content-Security-Policy had to forbid. */
export async function openConsole(
  browser: Browser,
  gateway: MockGateway,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; violations: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1_200, height: 850 },
    // Without moving things: they are what a machine without a graphics card spends its time on.
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const violations: string[] = [];
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) violations.push(message.text());
  });
  page.on('pageerror', (error) => violations.push(String(error)));
  await page.goto(gateway.link);
  return { page, violations };
}

/** What a file of browser tests has in each of its tests. */
export interface ConsoleTest {
  readonly browser: Browser;
  readonly gateway: MockGateway;
  /** Shows all phones. */
  readonly page: Page;
}

/**
 * For a whole file: a built console, and for each test a gateway and a page of its own, which fails the test when the page threw or its
 * policy had to forbid something.
 */
export function withConsole(): ConsoleTest {
  const given: { -readonly [K in keyof ConsoleTest]?: ConsoleTest[K] } = {};
  let violations: string[] = [];
  beforeAll(async () => {
    buildConsole();
    given.browser = await startChromium();
  });
  afterAll(() => given.browser?.close());
  beforeEach(async () => {
    if (given.browser === undefined) throw new TypeError('no browser');
    given.gateway = await MockGateway.start();
    const opened = await openConsole(given.browser, given.gateway);
    ({ violations } = opened);
    given.page = opened.page;
    await opened.page.getByRole('heading', { name: 'Phones', level: 1 }).waitFor();
  });
  afterEach(async () => {
    await given.page?.context().close();
    given.gateway?.close();
    if (violations.length > 0) throw new Error(violations.join('\n'));
  });
  return given as ConsoleTest;
}

/** Resolves when a message is shown. Good news goes by itself, so it is looked for before what brings it. */
export function said(page: Page, text: string): Promise<void> {
  const shown = page.getByRole('status').getByText(text).waitFor();
  shown.catch(() => undefined);
  return shown;
}

/** Opens one of the parts of a phone's page that are shut at first. */
export async function openFold(page: Page, title: string): Promise<Locator> {
  await page.locator('summary').getByText(title, { exact: true }).click();
  const fold = page.getByRole('region', { name: title, exact: true });
  await fold.waitFor();
  return fold;
}

/** What a part of a page that was added must satisfy: names, contrast, and no scrolling to the side on a phone's screen. */
export async function wellMade(page: Page): Promise<void> {
  expect(await nameless(page)).toEqual([]);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await faint(page), colorScheme).toEqual([]);
  }
  const before = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 740 });
  // What stands beside each other on a wide screen is rendered anew for a narrow one.
  await page.waitForFunction(() => document.documentElement.scrollWidth === 360);
  if (before !== null) await page.setViewportSize(before);
}

const CONTROLS = new Set([
  'button',
  'link',
  'textbox',
  'radio',
  'radiogroup',
  'checkbox',
  'combobox',
  'menuitem',
  'toolbar',
  'image',
  'dialog',
  'alertdialog',
  'navigation',
  'meter',
  'spinbutton',
]);

interface AxNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}

/** What keeps a page from being installed as an app; and its manifest. */
export async function installable(
  page: Page,
): Promise<{ manifest: string; startUrl: string; errors: unknown[] }> {
  const devtools = await page.context().newCDPSession(page);
  const { url, data, errors } = await devtools.send('Page.getAppManifest');
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  // The profile of a test is a private one, where nothing can be installed.
  const others = installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito');
  const { start_url: startUrl = '' } = JSON.parse(data ?? '{}') as { start_url?: string };
  return { manifest: url, startUrl, errors: [...errors, ...others] };
}

/** Everything of the page that a screen reader comes to and that has no name, by the browser's own tree. */
export async function nameless(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: AxNode[] };
  await session.detach();
  return nodes
    .filter(
      ({ ignored, role, name }) => !ignored && CONTROLS.has(role?.value ?? '') && (name?.value ?? '') === '',
    )
    .map(({ role }) => role?.value ?? '');
}

/** Texts whose contrast is below WCAG's 4.5:1 (3:1 when large), as `ratio text`; those on gradients are left out. */
export function faint(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const brush = canvas.getContext('2d', { willReadFrequently: true });
    if (brush === null) throw new Error('no canvas');
    const over = (colours: string[]): number[] => {
      brush.clearRect(0, 0, 1, 1);
      for (const colour of colours) {
        brush.fillStyle = colour;
        brush.fillRect(0, 0, 1, 1);
      }
      return [...brush.getImageData(0, 0, 1, 1).data];
    };
    const light = (rgb: number[]): number => {
      const [r = 0, g = 0, b = 0] = rgb.map((value) => {
        const part = value / 255;
        return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const element = node.parentElement;
      const text = node.textContent?.trim() ?? '';
      if (
        element === null ||
        text === '' ||
        !element.checkVisibility() ||
        element.closest('[data-disabled],noscript,script') !== null
      )
        continue;
      const grounds: string[] = [];
      let gradient = false;
      for (let at: Element | null = element; at !== null; at = at.parentElement) {
        const style = getComputedStyle(at);
        // The page's own ground is a gradient between two colours so near that the plain one stands for both.
        if (style.backgroundImage !== 'none' && at !== document.body) gradient = true;
        grounds.unshift(style.backgroundColor);
      }
      if (gradient) continue;
      const { color, fontSize, fontWeight } = getComputedStyle(element);
      const a = light(over([...grounds, color]));
      const b = light(over(grounds));
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const large =
        parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
      if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${text}`);
    }
    return found;
  });
}
