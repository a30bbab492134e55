import { type DynamicModule, Module } from '@nestjs/common';
import { Bus, Lanes } from '@ancloud/bus';
import type { Log } from '@ancloud/kit';
import { FeedController } from './api/feed.controller.js';
import { IceController } from './api/ice.controller.js';
import { LOG, MediaController, PIPE_LISTEN, REQUEST_COUNT } from './api/media.controller.js';
import { PUSHES, PushController } from './api/push.controller.js';
import { RECORDINGS, RecordingController } from './api/recording.controller.js';
import type { Pushes } from './copies/pushes.js';
import type { Recordings } from './copies/recordings.js';
import { Feeds } from './feeds/feeds.js';
import { IceSelfTest } from './ice/ice-self-test.js';
import type { RequestCount } from './io/request-count.js';
import type { PipeListen } from './streams/pipe-end.js';
import { Streams } from './streams/streams.js';
import { WhepSessions } from './whep/whep-sessions.js';

/** Everything the gRPC edge is given; built in main.ts, in order, where its end is arranged too. */
@Module({})
export class AppModule {
  static with(parts: {
    readonly streams: Streams;
    readonly pipeListen: PipeListen;
    readonly refused: RequestCount;
    readonly feeds: Feeds;
    readonly whep: WhepSessions;
    readonly recordings: Recordings | undefined;
    readonly pushes: Pushes | undefined;
    readonly iceSelfTest: IceSelfTest;
    readonly bus: Bus;
    readonly lanes: Lanes;
    readonly log: Log;
  }): DynamicModule {
    return {
      module: AppModule,
      controllers: [MediaController, RecordingController, PushController, FeedController, IceController],
      providers: [
        { provide: Streams, useValue: parts.streams },
        { provide: PIPE_LISTEN, useValue: parts.pipeListen },
        { provide: REQUEST_COUNT, useValue: parts.refused },
        { provide: Feeds, useValue: parts.feeds },
        { provide: PUSHES, useValue: { here: parts.pushes } },
        { provide: RECORDINGS, useValue: { here: parts.recordings } },
        { provide: IceSelfTest, useValue: parts.iceSelfTest },
        { provide: Bus, useValue: parts.bus },
        { provide: Lanes, useValue: parts.lanes },
        { provide: LOG, useValue: parts.log },
        { provide: WhepSessions, useValue: parts.whep },
      ],
    };
  }
}
