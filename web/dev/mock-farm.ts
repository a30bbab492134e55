import crypto from 'node:crypto';
import { EventEmitter } from 'node:events';

/** What the mock says of a phone; see src/api/types.ts. */
export interface MockPhone {
  phoneId: string;
  name: string;
  spec: object & {
    display: { width: number; height: number; dpi: number; fps: number };
    labels: Record<string, string>;
  };
  phase: string;
  hostId: string;
  reason: string;
  message: string;
  conditions: { type: string; active: boolean; message: string }[];
  createdAt: string;
  viewable: boolean;
  viewers: number;
  encoder: object | null;
  status: null | Record<string, unknown>;
}

export interface MockOperation {
  operationId: string;
  kind: string;
  phoneId: string;
  state: string;
  percent: number;
  result: string;
  error: null | { code: string; message: string; fix: string };
  createdAt: string;
  deadlineAt: string;
  endedAt: string | null;
}

const IMAGE_ID = `sha256:${'4c1d7e90ab35f286'.repeat(4)}`;
const STEPS: Readonly<Record<string, readonly string[]>> = {
  create: ['placing', 'preparing', 'starting', 'booting', 'ready'],
  start: ['starting', 'booting', 'ready'],
  stop: ['stopping', 'stopped'],
  delete: ['deleting', ''],
  reboot: ['stopping', 'starting', 'booting', 'ready'],
  reset: ['stopping', 'preparing', 'booting', 'ready'],
  pause: ['paused'],
  resume: ['ready'],
};

/** Phones in memory that go through their phases by themselves. Emits `event` (kind, data). */
export class MockFarm extends EventEmitter<{ event: [kind: string, data: unknown] }> {
  readonly phones = new Map<string, MockPhone>();
  readonly operations = new Map<string, MockOperation>();
  /** One step of a phone's way, ms. */
  stepMs = 350;

  readonly images = [
    {
      imageId: IMAGE_ID,
      profile: 'reference',
      size: 38_200_000,
      androidVersion: '14',
      abi: 'x86_64',
      name: 'reference',
      importedAt: '2026-11-20T08:00:00.000Z',
      users: 3,
    },
  ];

  schedulable = true;

  get hosts(): object[] {
    return [
      {
        hostId: 'attic-1',
        hostname: 'attic-1.home',
        kernel: '6.1.0-28-amd64',
        cpuMillis: 16_000,
        memoryMib: 32_000,
        capacity: 24,
        phones: this.phones.size,
        schedulable: this.schedulable,
        profiles: ['reference'],
        images: this.images,
        conditions: [
          {
            type: 'NoBinder',
            active: true,
            message: 'this kernel has no binder: only the reference guest can run',
          },
        ],
        labels: {},
        updatedAt: new Date().toISOString(),
      },
    ];
  }

  add(
    name: string,
    phase: string,
    more: Partial<MockPhone> = {},
    labels: Record<string, string> = {},
  ): MockPhone {
    const phone: MockPhone = {
      phoneId: `ph_${crypto.randomBytes(8).toString('hex')}`,
      name,
      spec: {
        imageId: IMAGE_ID,
        display: { width: 720, height: 1_280, dpi: 320, fps: 60 },
        limits: { cpuMillis: 2_000, memoryMib: 2_048, pids: 4_096 },
        encoder: { bitRate: 4_000_000, maxFps: 60, maxSize: 0 },
        bootProperties: {},
        labels,
      } as MockPhone['spec'],
      phase,
      hostId: 'attic-1',
      reason: '',
      message: '',
      conditions: [],
      createdAt: new Date(Date.now() - this.phones.size * 3_600_000).toISOString(),
      viewable: phase === 'ready',
      viewers: 0,
      encoder: null,
      status: {
        stage: phase,
        progress: phase === 'booting' ? 'zygote' : '',
        bootId: 'b1',
        address: '192.168.240.17',
        restarts: 0,
        lastExit: null,
        pid1AfterMs: 84,
        readyAfterMs: phase === 'ready' ? 1_420 : 0,
        updatedAt: new Date().toISOString(),
      },
      ...more,
    };
    this.phones.set(phone.phoneId, phone);
    this.emit('event', 'phone', phone);
    return phone;
  }

  /** Sends a phone on its way; answers the operation, which ends with it. */
  wish(phone: MockPhone, kind: string): MockOperation {
    const now = new Date().toISOString();
    const operation: MockOperation = {
      operationId: `op_${crypto.randomBytes(8).toString('hex')}`,
      kind,
      phoneId: phone.phoneId,
      state: 'running',
      percent: 0,
      result: '',
      error: null,
      createdAt: now,
      deadlineAt: now,
      endedAt: null,
    };
    this.operations.set(operation.operationId, operation);
    const steps = [...(STEPS[kind] ?? [])];
    const next = (): void => {
      const phase = steps.shift();
      if (phase === undefined) return this.end(operation);
      if (phase === '') {
        this.phones.delete(phone.phoneId);
        this.emit('event', 'phoneRemoved', { phoneId: phone.phoneId });
      } else {
        phone.phase = phase;
        phone.viewable = phase === 'ready';
        phone.status = {
          ...phone.status,
          stage: phase,
          progress: phase === 'booting' ? 'system_server' : '',
        };
        this.emit('event', 'phone', phone);
      }
      setTimeout(next, this.stepMs);
    };
    next();
    return operation;
  }

  end(operation: MockOperation): void {
    operation.state = 'done';
    operation.endedAt = new Date().toISOString();
    this.emit('event', 'operation', operation);
  }
}
