const began = performance.now();
let failed = 0;

/** One line "ok …" or "not ok …"; run.sh counts them. A check that fails ends nothing: what comes after it tells more. */
export async function check(what: string, test: () => unknown): Promise<void> {
  try {
    await test();
    console.log(`ok ${what} (${Math.round((performance.now() - began) / 100) / 10} s)`);
  } catch (error) {
    failed += 1;
    const words = error instanceof Error ? error.message : String(error);
    console.log(`not ok ${what}: ${words.replaceAll('\n', ' | ').slice(0, 1_000)}`);
  }
}

export function failures(): number {
  return failed;
}

export function same(actual: unknown, wanted: unknown): void {
  const [is, shall] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (is !== shall) throw new Error(`it is ${is}, not ${shall}`);
}

/** What a command says that must fail. */
export function refused(run: () => string): string {
  let output: string;
  try {
    output = run();
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return stderr ?? '';
  }
  throw new Error(`it was not refused: ${output.slice(0, 200)}`);
}
