/** Phones whose clipboard has no text do not answer (scrcpy's Controller.getClipboard). */
const ANSWER_MS = 3_000;

export interface PhoneClipboardOptions {
  /** Writes into the viewer's clipboard; rejects where the page may not. */
  readonly write: (text: string) => Promise<void>;
  /** Tells the viewer. */
  readonly say: (sentence: string) => void;
}

/**
 * What phones tell of their clipboard goes into the viewer's. Who asked for it by the button is told how that went: nothing else in the
 * page shows it.
 */
export class PhoneClipboard {
  readonly #options: PhoneClipboardOptions;
  /** Runs from the button's press to the answer. */
  #asking: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PhoneClipboardOptions) {
    this.#options = options;
  }

  /** The viewer asks for it. */
  ask(): void {
    this.cancel();
    this.#asking = setTimeout(() => {
      this.#asking = undefined;
      this.#options.say('The phone’s clipboard has no text');
    }, ANSWER_MS);
  }

  /** The phone tells it, asked or not. Never rejects. */
  async told(text: string): Promise<void> {
    const asked = this.#asking !== undefined;
    this.cancel();
    const written = await this.#options.write(text).then(
      () => true,
      () => false,
    );
    if (asked)
      this.#options.say(
        written ? 'The phone’s clipboard is in yours' : 'This page may not write into your clipboard',
      );
  }

  /** No answer will come, or another one is said. */
  cancel(): void {
    clearTimeout(this.#asking);
    this.#asking = undefined;
  }
}

/** Only for whoever is at work here: no phone writes into the clipboard of a page in the background. Pages without TLS have none. */
export async function writeClipboard(text: string): Promise<void> {
  if (!document.hasFocus()) throw new DOMException('the page is in the background', 'NotAllowedError');
  await navigator.clipboard.writeText(text);
}
