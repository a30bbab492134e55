/** What a connection tells its push. */
export interface LinkEvents {
  /** Something was sent to the destination: a connection was begun. */
  readonly began: () => void;
  /** Pictures that have gone out by it so far. */
  readonly sent: (frames: number) => void;
  /** It is over, or never was; called once, not after `close`. `laterMs`: the destination wants no other try before. */
  readonly ended: (reason: string, laterMs?: number) => void;
}

/** One connection of a push, with whatever feeds it. Owned by the push. */
export interface PushLink {
  /** Nothing is told after it. `forGood`: no other connection follows. May be called twice. */
  close(forGood: boolean): void;
}
