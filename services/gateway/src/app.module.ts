import { type DynamicModule, Module } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { BodyPipe } from './api/body-pipe.js';
import { GatewayApi } from './api/gateway-api.js';
import type { GatewayParts } from './api/gateway-parts.js';
import { GrpcController } from './api/grpc.controller.js';
import { BytesGrpcController } from './api/bytes-grpc.controller.js';
import { READINESS, ServiceController } from './api/service.controller.js';
import { GrpcAuth } from './auth/grpc-auth.js';
import { RequestAuth } from './auth/request-auth.js';
import { ConsoleAccess } from './console/console-access.js';
import { ConsoleController } from './console/console.controller.js';
import { ControlController } from './control/control.controller.js';
import { InjectController } from './control/inject.controller.js';
import { EventsController } from './events/events.controller.js';
import { FeedsController } from './feeds/feeds.controller.js';
import { FeedsGrpcController } from './feeds/feeds-grpc.controller.js';
import { WHIP, WhipController } from './feeds/whip.controller.js';
import { GroupsController } from './groups/groups.controller.js';
import { GroupsGrpcController } from './groups/groups-grpc.controller.js';
import { HostsController } from './hosts/hosts.controller.js';
import { IceController } from './ice/ice.controller.js';
import { ImagesController } from './images/images.controller.js';
import { MacrosGrpcController } from './macros/macros-grpc.controller.js';
import { MediaServicesController } from './media-services/media-services.controller.js';
import { MacrosController } from './macros/macros.controller.js';
import { OperationsController } from './operations/operations.controller.js';
import { PhonesController } from './phones/phones.controller.js';
import { UploadsGrpcController } from './uploads/uploads-grpc.controller.js';
import { UploadsController } from './uploads/uploads.controller.js';
import { PushesController } from './pushes/pushes.controller.js';
import { PushesGrpcController } from './pushes/pushes-grpc.controller.js';
import { RecordingsController } from './recordings/recordings.controller.js';
import { RecordingsGrpcController } from './recordings/recordings-grpc.controller.js';
import { SnapshotsController } from './snapshots/snapshots.controller.js';
import { ViewersController } from './viewers/viewers.controller.js';
import { WHEP, WhepController } from './whep/whep.controller.js';

/** Nest at the edge: controllers, and the objects that they call. Everything else is built in `buildParts`. */
@Module({})
export class AppModule {
  static of(parts: GatewayParts, auth: RequestAuth): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        PhonesController,
        SnapshotsController,
        RecordingsController,
        PushesController,
        ViewersController,
        ControlController,
        InjectController,
        GroupsController,
        MacrosController,
        WhepController,
        FeedsController,
        WhipController,
        ImagesController,
        UploadsController,
        OperationsController,
        EventsController,
        HostsController,
        MediaServicesController,
        IceController,
        ConsoleController,
        ServiceController,
        GrpcController,
        GroupsGrpcController,
        MacrosGrpcController,
        RecordingsGrpcController,
        PushesGrpcController,
        FeedsGrpcController,
        UploadsGrpcController,
        BytesGrpcController,
      ],
      providers: [
        { provide: GatewayApi, useValue: new GatewayApi(parts) },
        { provide: GrpcAuth, useValue: new GrpcAuth(parts.authenticator) },
        { provide: RequestAuth, useValue: auth },
        {
          provide: ConsoleAccess,
          useValue: new ConsoleAccess(parts.credentials, parts.publicUrl, parts.clock),
        },
        { provide: READINESS, useValue: parts },
        { provide: WHEP, useValue: parts },
        { provide: WHIP, useValue: parts },
        { provide: APP_PIPE, useValue: new BodyPipe() },
      ],
    };
  }
}
