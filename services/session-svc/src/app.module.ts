import { type DynamicModule, Module } from '@nestjs/common';
import type { Log } from '@ancloud/kit';
import { WorkLimits } from './actions/limits.js';
import { ClipboardReader } from './actions/read-clipboard.js';
import { SharedScreenshots } from './actions/shared-screenshots.js';
import { ClockController } from './api/clock.controller.js';
import { LOG, SessionController } from './api/session.controller.js';
import { StreamController } from './api/stream.controller.js';
import { Sessions } from './io/sessions.js';

/** Everything the gRPC edge is given; built in main.ts, in order, where its end is arranged too. */
@Module({})
export class AppModule {
  static with(parts: {
    readonly sessions: Sessions;
    readonly clipboards: ClipboardReader;
    readonly log: Log;
  }): DynamicModule {
    return {
      module: AppModule,
      controllers: [SessionController, StreamController, ClockController],
      providers: [
        { provide: Sessions, useValue: parts.sessions },
        { provide: ClipboardReader, useValue: parts.clipboards },
        { provide: WorkLimits, useValue: new WorkLimits() },
        { provide: SharedScreenshots, useValue: new SharedScreenshots() },
        { provide: LOG, useValue: parts.log },
      ],
    };
  }
}
