/** What the gateway's REST API answers (services/gateway, `public-json.ts`), as far as the console reads it. */

export type Phase =
  | 'pending'
  | 'placing'
  | 'preparing'
  | 'starting'
  | 'booting'
  | 'ready'
  | 'stopping'
  | 'stopped'
  | 'failed'
  | 'lost'
  | 'deleting'
  | 'paused'
  | 'unspecified'
  | 'unknown';

export interface Condition {
  readonly type: string;
  readonly active: boolean;
  readonly message: string;
}

export interface PhoneStatus {
  readonly stage: string;
  readonly progress: string;
  readonly address: string;
  readonly restarts: number;
  readonly lastExit: null | { readonly code: number; readonly signal: number; readonly at: string | null };
  readonly pid1AfterMs: number;
  readonly readyAfterMs: number;
  readonly updatedAt: string | null;
}

export interface Phone {
  readonly phoneId: string;
  readonly name: string;
  readonly spec: {
    readonly imageId: string;
    readonly display: {
      readonly width: number;
      readonly height: number;
      readonly dpi: number;
      readonly fps: number;
    };
    readonly limits: { readonly cpuMillis: number; readonly memoryMib: number; readonly pids: number };
    readonly encoder: Encoder;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly phase: Phase;
  readonly hostId: string;
  readonly reason: string;
  readonly message: string;
  readonly conditions: readonly Condition[];
  readonly createdAt: string | null;
  readonly viewable: boolean;
  /** Without those that are pinned to the low layer. */
  readonly viewers: number;
  /** What the picture is encoded with now; null while nobody watches. */
  readonly encoder: Encoder | null;
  readonly status: PhoneStatus | null;
}

/** Bits and pictures a second, longest side in pixels; 0 = the screen's own. */
export interface Encoder {
  readonly bitRate: number;
  readonly maxFps: number;
  readonly maxSize: number;
}

export interface Operation {
  readonly operationId: string;
  readonly kind:
    | 'create'
    | 'start'
    | 'stop'
    | 'delete'
    | 'reboot'
    | 'reset'
    | 'pause'
    | 'resume'
    | 'update'
    | 'snapshot'
    | 'restore'
    | 'import-image';
  readonly phoneId: string;
  readonly state: 'running' | 'done' | 'failed' | 'unspecified' | 'unknown';
  readonly percent: number;
  readonly error: null | { readonly code: string; readonly message: string; readonly fix?: string };
}

export interface PhoneOperation {
  readonly phone: Phone;
  readonly operation: Operation;
}

/** Somebody who is to be let in. */
export interface NewViewer {
  readonly role: PhoneViewer['role'];
  /** What others are shown for it. */
  readonly name: string;
  /** How long its token is good; a minute where it is left out. */
  readonly ttlSeconds?: number;
  /** Where it is; anywhere where it is left out. */
  readonly region?: string;
  /** The phone's low layer alone, to look at in passing: keeps no phone awake and wakes none. */
  readonly layer?: 'low';
}

export interface Viewer {
  readonly viewerId: string;
  readonly token: string;
  readonly signalUrl: string;
  readonly whepUrl: string;
  readonly expiresAt: string | null;
}

/** What of a viewer was over when the farm answered that its right is taken back; the rest ends within seconds. */
export interface Revoked {
  readonly controlEnded: boolean;
  readonly pictureEnded: boolean;
}

/** Somebody who looks at a phone. */
export interface PhoneViewer {
  readonly viewerId: string;
  /** Who it is, by whoever let it in; may be empty. */
  readonly name: string;
  readonly role: 'watch' | 'control' | 'owner';
  readonly joinedAt: string | null;
  /** It has not come yet, and may until then; null once it has. */
  readonly invitedUntil: string | null;
  readonly connected: boolean;
  /** Of the way to its picture; empty when no media-svc says so. */
  readonly iceState: '' | 'none' | 'new' | 'connected' | 'completed' | 'disconnected' | 'closed';
  /** `udp`, `tcp`; empty when no packet has gone. */
  readonly transport: string;
  readonly layer: '' | 'main' | 'low';
  /** It was made for the low layer alone, as a tile of the wall is. */
  readonly pinned: boolean;
  /** It is sent the phone's sound. */
  readonly hears: boolean;
  /** Bits a second that its link takes; 0 when its player does not tell. */
  readonly availableBps: number;
  /** The media-svc that serves it; empty when none says so. */
  readonly mediaId: string;
  readonly holdsControl: boolean;
  /** Since it joined; null before its player has told, and for players that tell nothing. */
  readonly experience: null | Experience;
}

/** How a viewer sees the picture; ms, and scores from 1 (unusable) to 5. */
export interface Experience {
  readonly frames: number;
  readonly framesDropped: number;
  readonly packetsLost: number;
  readonly stalls: number;
  readonly stalledMs: number;
  readonly roundTripMsP50: number;
  readonly roundTripMsP95: number;
  readonly delayMsP50: number;
  readonly delayMsP95: number;
  readonly scoreP50: number;
  readonly scoreP5: number;
  /** Presses of which it is known when the picture answered. */
  readonly touches: number;
  readonly touchMsP50: number;
  readonly touchMsP95: number;
  /** Frames of which it is known when the phone drew them. */
  readonly glassFrames: number;
  readonly glassMsP50: number;
  readonly glassMsP95: number;
  readonly sounds: number;
  readonly soundMsP50: number;
  readonly soundMsP95: number;
  /** Its packets go by a TURN server; missing when its player does not tell. */
  readonly relayed?: boolean;
}

/** Phones that do what is done on their master. */
export interface Group {
  readonly groupId: string;
  /** May be empty. */
  readonly name: string;
  readonly masterId: string;
  /** Only what this viewer of the master does is followed; empty: whoever holds its controls. */
  readonly viewerId: string;
  readonly phoneIds: readonly string[];
  readonly exclude: readonly string[];
  /** A share of the picture to each side, and ms later, at most. */
  readonly jitter: { readonly place: number; readonly delayMs: number };
  /** Another one with every change. */
  readonly revision: number;
}

/** The others do from now on what is done on the master. */
export type NewGroup = Omit<Group, 'groupId' | 'revision'>;

/** What is left out stays as it is. */
export type GroupChange = Partial<Pick<Group, 'name' | 'phoneIds' | 'exclude' | 'jitter'>>;

export interface GroupState extends Group {
  readonly members: readonly {
    readonly phoneId: string;
    readonly state: 'follows' | 'held' | 'not_ready' | 'excluded' | 'unserved' | 'unspecified';
    /** Inputs of the one that leads that were not done there: somebody else had its controls, or it was not ready. */
    readonly refused: number;
  }[];
  /** Of the newest inputs; the wanted delay is taken off. */
  readonly times: null | {
    readonly samples: number;
    /** From the input on the one that leads until it is on the last one's control socket. */
    readonly reachP50Ms: number;
    readonly reachP99Ms: number;
    /** Between the first phone and the last. */
    readonly skewP50Ms: number;
    readonly skewP99Ms: number;
  };
}

export interface Recording {
  readonly recordingId: string;
  /** It may be gone. */
  readonly phoneId: string;
  readonly state: 'waiting' | 'recording' | 'finished';
  /** Why it waits, or why it has ended. */
  readonly reason: string;
  readonly startedAt: string | null;
  readonly size: number;
  readonly durationMs: number;
  readonly files: readonly { readonly index: number; readonly complete: boolean }[];
}

export interface Macro {
  readonly macroId: string;
  readonly name: string;
}

export interface MacroState {
  readonly recording: null | { readonly steps: number; readonly full: boolean };
  readonly run: null | {
    readonly macroId: string;
    readonly state: 'running' | 'done' | 'failed' | 'stopped' | 'interrupted';
    readonly step: number;
    readonly loops: number;
    readonly loopsDone: number;
    readonly message: string;
  };
}

export interface Image {
  readonly imageId: string;
  readonly profile: string;
  readonly size: number;
  readonly androidVersion: string;
  readonly abi: string;
  readonly name: string;
}

export interface Host {
  readonly hostId: string;
  readonly hostname: string;
  readonly kernel: string;
  readonly cpuMillis: number;
  readonly memoryMib: number;
  readonly capacity: number;
  readonly phones: number;
  readonly schedulable: boolean;
  readonly profiles: readonly string[];
  readonly images: readonly Image[];
  readonly conditions: readonly Condition[];
  readonly updatedAt: string | null;
}

export interface Me {
  readonly owner: string;
  readonly roles: readonly string[];
}

export interface CreatePhone {
  readonly name?: string;
  readonly spec?: {
    readonly imageId?: string;
    readonly display?: { readonly width: number; readonly height: number; readonly dpi: number };
    /** One with axes, as a device of the phone's own; else a viewer's gamepad presses keys. */
    readonly gamepad?: boolean;
    readonly labels?: Phone['spec']['labels'];
  };
}
