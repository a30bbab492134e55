import { type DynamicModule, Module } from '@nestjs/common';
import { InputController } from './api/input.controller.js';
import { Phones } from './phones.js';

/** What the gRPC edge is given; built in main.ts. */
@Module({})
export class AppModule {
  static with(phones: Phones): DynamicModule {
    return {
      module: AppModule,
      controllers: [InputController],
      providers: [{ provide: Phones, useValue: phones }],
    };
  }
}
