import type { Page } from 'playwright-core';
import { eventually, NotYet, PATIENCE_MS } from './eventually.js';
import type { Farm } from './farm.js';
import { type Pattern, readPattern } from './pattern.js';

/** A page with one `<ancloud-phone>` in it. */
export class ViewerPage {
  constructor(
    readonly page: Page,
    readonly viewerId: string,
  ) {}

  /** Waits for the first decoded frame; answers its size. */
  async firstFrame(): Promise<{ width: number; height: number }> {
    return eventually(async () => {
      const found = await this.events('firstframe');
      if (found.length === 0) throw new NotYet(`no frame yet: ${JSON.stringify(await this.events())}`);
      return this.size();
    });
  }

  size(): Promise<{ width: number; height: number }> {
    return this.page.evaluate(() => {
      const video = (document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement })
        .video;
      return { width: video.videoWidth, height: video.videoHeight };
    });
  }

  /** The component's events so far. */
  events(name?: string): Promise<{ name: string; detail: Record<string, unknown>; at: number }[]> {
    return this.page.evaluate(
      (wanted) =>
        (
          globalThis as unknown as {
            phoneEvents: { name: string; detail: Record<string, unknown>; at: number }[];
          }
        ).phoneEvents.filter((event) => wanted === undefined || event.name === wanted),
      name,
    );
  }

  /** The machine-readable pattern of the frame that is shown now. */
  async pattern(): Promise<Pattern | null> {
    const video = await this.page.evaluateHandle(
      () => (document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement }).video,
    );
    try {
      return await video.evaluate(readPattern);
    } finally {
      await video.dispose();
    }
  }

  /**
   * How many taps Latency has counted, once this viewer sees what the phone's own screen has. The picture alone does not
   * tell: who joins is replayed the whole group of pictures, so the first it sees is what the phone showed some taps ago.
   */
  async taps(farm: Farm, phone: string): Promise<number> {
    await this.page.evaluate(`globalThis.readPattern = ${readPattern.toString()}`);
    return eventually(async () => {
      const png = await farm.screenshot(phone);
      const own = await this.page.evaluate(async (base64) => {
        const { readPattern: read } = globalThis as unknown as { readPattern: typeof readPattern };
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        return read(await createImageBitmap(new Blob([bytes])));
      }, png.toString('base64'));
      if (own?.kind !== 'latency') throw new NotYet(`the screen says ${JSON.stringify(own)}`);
      const seen = await this.pattern();
      if (seen?.value !== own.value || seen.ms !== own.ms)
        throw new NotYet(`the screen says ${JSON.stringify(own)}, the picture ${JSON.stringify(seen)}`);
      return own.value;
    });
  }

  /** Touches the screen until its picture counts more than so many taps: the first may come before the controls are had. */
  async tapped(value: number): Promise<void> {
    await eventually(async () => {
      await this.click(0.5, 0.7);
      await this.patternWhere((shown) => shown.value > value, 1_000);
    });
  }

  /** From the drawing of each of the next frames, by the number that Motion writes into it, to its display; ms. */
  async framesTook(count: number): Promise<number[]> {
    await this.page.evaluate(`globalThis.readPattern = ${readPattern.toString()}`);
    const shown = await this.page.evaluate(
      (wanted) =>
        new Promise<{ drawnMs: number; displayedMs: number }[]>((resolve) => {
          const { video } = document.querySelector('ancloud-phone') as HTMLElement & {
            video: HTMLVideoElement;
          };
          const { readPattern: read } = globalThis as unknown as { readPattern: typeof readPattern };
          const frames: { drawnMs: number; displayedMs: number }[] = [];
          const look = (_: number, { expectedDisplayTime }: VideoFrameCallbackMetadata): void => {
            const pattern = read(video);
            const displayedMs = performance.timeOrigin + expectedDisplayTime;
            if (pattern !== null) frames.push({ drawnMs: pattern.ms, displayedMs });
            if (frames.length === wanted) resolve(frames);
            else video.requestVideoFrameCallback(look);
          };
          video.requestVideoFrameCallback(look);
        }),
      count,
    );
    // The phone's kernel is this one; the page's clock is this machine's too.
    const monotonicMs = Number(process.hrtime.bigint()) / 1e6 - performance.timeOrigin - performance.now();
    return shown.map(
      ({ drawnMs, displayedMs }) => (((displayedMs + monotonicMs - drawnMs) % 2 ** 32) + 2 ** 32) % 2 ** 32,
    );
  }

  /** Waits until a pattern satisfies `wanted`. */
  patternWhere(wanted: (pattern: Pattern) => boolean, withinMs = PATIENCE_MS): Promise<Pattern> {
    return eventually(async () => {
      const pattern = await this.pattern();
      if (pattern === null || !wanted(pattern))
        throw new NotYet(`the picture says ${JSON.stringify(pattern)}`);
      return pattern;
    }, withinMs);
  }

  /** Waits until no frame has come for so long that a player takes the screen for still. */
  async stands(): Promise<void> {
    await this.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const { video } = document.querySelector('ancloud-phone') as HTMLElement & {
            video: HTMLVideoElement;
          };
          let still: ReturnType<typeof setTimeout>;
          const again = (): void => {
            clearTimeout(still);
            still = setTimeout(resolve, 400);
            video.requestVideoFrameCallback(again);
          };
          again();
        }),
    );
  }

  /** A mouse click at a place of the picture, 0-1 each way. */
  async click(x: number, y: number): Promise<void> {
    const at = await this.#at(x, y);
    await this.page.mouse.click(at.x, at.y, { delay: 40 });
  }

  /** Has the mouse's button down at a place of the picture while `meanwhile` runs. */
  async holds(x: number, y: number, meanwhile: () => Promise<void>): Promise<void> {
    const at = await this.#at(x, y);
    await this.page.mouse.move(at.x, at.y);
    await this.page.mouse.down();
    try {
      await meanwhile();
    } finally {
      await this.page.mouse.up();
    }
  }

  /** A stroke with the mouse. */
  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const begin = await this.#at(...from);
    const end = await this.#at(...to);
    await this.page.mouse.move(begin.x, begin.y);
    await this.page.mouse.down();
    await this.page.mouse.move(end.x, end.y, { steps: 12 });
    await this.page.mouse.up();
  }

  /** Calls one of the component's methods. */
  call(method: 'type' | 'setClipboard' | 'act' | 'control', ...values: unknown[]): Promise<void> {
    return this.page.evaluate(
      ([name, list]) => {
        const element = document.querySelector('ancloud-phone') as unknown as Record<
          string,
          (...all: unknown[]) => void
        >;
        element[name]?.(...list);
      },
      [method, values] as const,
    );
  }

  /** Frames the browser has decoded so far. */
  async framesDecoded(): Promise<number> {
    return this.page.evaluate(
      () =>
        (
          document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement }
        ).video.getVideoPlaybackQuality().totalVideoFrames,
    );
  }

  /** Waits until the picture has gone on by a second's worth of frames of the app Motion. */
  async goesOn(): Promise<void> {
    await this.page.bringToFront();
    const { value } = await this.patternWhere(({ kind }) => kind === 'motion');
    await this.patternWhere((pattern) => pattern.kind === 'motion' && pattern.value > value + 60);
  }

  /** How long the picture stood at the longest while `meanwhile` ran, ms: between one frame that was shown and the next. The page has to be in front. */
  async stoodWhile(meanwhile: () => Promise<void>): Promise<number> {
    const stood = await this.page.evaluateHandle(() => {
      const { video } = document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement };
      const found = { longestMs: 0 };
      let last: number | undefined;
      const look = (_: number, { expectedDisplayTime }: VideoFrameCallbackMetadata): void => {
        found.longestMs = Math.max(found.longestMs, expectedDisplayTime - (last ?? expectedDisplayTime));
        last = expectedDisplayTime;
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
      return found;
    });
    await meanwhile();
    return stood.evaluate(({ longestMs }) => longestMs);
  }

  /** Packets of sound that have come, over all connections of the page. */
  soundPackets(): Promise<number> {
    return this.page.evaluate(async () => {
      const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
      let packets = 0;
      for (const connection of connections)
        for (const one of (await connection.getStats()).values() as Iterable<Record<string, unknown>>)
          if (one['type'] === 'inbound-rtp' && one['kind'] === 'audio')
            packets += Number(one['packetsReceived']);
      return packets;
    });
  }

  async #at(x: number, y: number): Promise<{ x: number; y: number }> {
    const box = await this.page.evaluate(() => {
      const rect = (
        document.querySelector('ancloud-phone') as HTMLElement & { video: HTMLVideoElement }
      ).video.getBoundingClientRect();
      return { x: rect.x, y: rect.y, width: rect.width, height: rect.height };
    });
    return { x: box.x + box.width * x, y: box.y + box.height * y };
  }
}
