import type { viewer as protocol } from '@ancloud/contracts';

type RoleWord = protocol.RoleWord;

interface Present {
  readonly role: RoleWord;
  /** Undefined: it has spoken, and nobody has told that it came: this process serves the phone since later. */
  readonly connection: string | undefined;
}

/**
 * The viewers of one phone that are here, each by one connection. Gateway and media-svc both tell when one comes and goes, by ways that
 * overtake each other, and a viewer who comes back by another network is here anew before its old connection is known to be dead: what
 * ends then is not the viewer.
 */
export class PresentViewers {
  readonly #present = new Map<string, Present>();

  /** False: by that connection it is here already; another one has told. */
  came(viewer: string, role: RoleWord, connection: string): boolean {
    const news = this.#present.get(viewer)?.connection !== connection;
    this.#present.set(viewer, { role, connection });
    return news;
  }

  /** Hot. */
  spoke(viewer: string, role: RoleWord): void {
    if (!this.#present.has(viewer)) this.#present.set(viewer, { role, connection: undefined });
  }

  /** False: the viewer is here by another one. */
  went(viewer: string, connection: string): boolean {
    if ((this.#present.get(viewer)?.connection ?? connection) !== connection) return false;
    this.#present.delete(viewer);
    return true;
  }

  /** By whatever it was here. */
  forget(viewer: string): void {
    this.#present.delete(viewer);
  }

  /** Undefined of one that is not here. */
  roleOf(viewer: string): RoleWord | undefined {
    return this.#present.get(viewer)?.role;
  }
}
