import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { type DiskRequest, replay } from './write-log.js';

/** A moment at which the power goes. */
export interface Cut {
  /** Requests that reached the disk. */
  readonly at: number;
  /** Deeds that were done by then. */
  readonly done: number;
  /** How much of what was not flushed is lost: 1 = all. */
  readonly loss: number;
}

/** Where it is said in the log that deeds were done, at byte `behind` of the disk: index of the request by number of deeds. */
export function marksIn(log: number, requests: readonly DiskRequest[], behind: number): number[] {
  const marks: number[] = [];
  for (const [index, { at, from, length }] of requests.entries()) {
    if (at !== behind || length === 0) continue;
    const text = Buffer.alloc(32);
    fs.readSync(log, text, 0, text.length, from);
    marks[Number(/^done (\d+)\n/.exec(text.toString('latin1'))?.[1])] = index;
  }
  return marks;
}

/**
 * Cuts in their order, `each` for every one of the first `deeds`, by chance: when it begins, with all lost that was not flushed, so
 * that the deed before must have flushed what it answered; or anywhere in it, with some or all of that lost.
 */
export function cutsOf(
  marks: readonly number[],
  total: number,
  { deeds, each }: { readonly deeds: number; readonly each: number },
  random: () => number,
): readonly Cut[] {
  return marks.slice(0, deeds).flatMap((mark, done) => {
    const writes = (marks[done + 1] ?? total) - mark - 1;
    const cuts = Array.from({ length: each }, (): Cut => {
      if (random() < 0.4) return { at: mark + 1, done, loss: 1 };
      const at = mark + 1 + Math.floor(random() * Math.max(0, writes));
      return { at, done, loss: Math.min(1, random() * 1.5) };
    });
    return cuts.toSorted((a, b) => a.at - b.at);
  });
}

/** The disk as it is after a cut, from what it was after an earlier one. */
export class Replayed {
  readonly #flushed: number;
  #at = 0;

  /** `base`: the disk before the first request; it goes along. */
  constructor(
    private readonly log: number,
    private readonly requests: readonly DiskRequest[],
    private readonly base: string,
  ) {
    this.#flushed = fs.openSync(base, 'r+');
  }

  /**
   * Makes `file` the disk; cuts must come in their order. It is a file that nobody has seen, also where one of that name was there: a
   * file system that was mounted from it outlives its umount as long as any mount namespace has a copy (one that is just ending, or
   * of a program that was started meanwhile and has nothing to do with this), is what a mount of the same file then shows, and else
   * writes its end, a journal that is empty, into what the file holds by now.
   * Answers what was lost, in requests.
   */
  cut(
    { at, loss }: Cut,
    file: string,
    random: () => number,
  ): { readonly lost: number; readonly open: number } {
    const flush = this.requests.slice(0, at).findLastIndex((request) => request.flush) + 1;
    replay(this.log, this.requests.slice(this.#at, flush), this.#flushed);
    this.#at = Math.max(this.#at, flush);
    fs.rmSync(file, { force: true });
    execFileSync('cp', ['--sparse=always', this.base, file]);
    const open = this.requests.slice(this.#at, at);
    const kept = open.filter(() => random() >= loss);
    const fd = fs.openSync(file, 'r+');
    replay(this.log, kept, fd);
    fs.closeSync(fd);
    return { lost: open.length - kept.length, open: open.length };
  }
}
