import { type DynamicModule, Module } from '@nestjs/common';
import { ContainerController } from './api/container.controller.js';
import { HostApi } from './api/host-api.js';
import { LocalController } from './api/local.controller.js';

/** The whole of Nest in this service: two controllers and what they are given. */
@Module({})
export class AppModule {
  static with(api: HostApi): DynamicModule {
    return {
      module: AppModule,
      controllers: [ContainerController, LocalController],
      providers: [{ provide: HostApi, useValue: api }],
    };
  }
}
