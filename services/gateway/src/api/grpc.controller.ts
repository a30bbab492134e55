import type {
  CreatePhoneRequest,
  CreateViewerRequest,
  DeletePhoneRequest,
  DeleteSnapshotRequest,
  Event,
  GetControlRequest,
  GetOperationRequest,
  GetPhoneRequest,
  GrantControlRequest,
  ImportImageRequest,
  ImportSnapshotRequest,
  InjectRequest,
  ListControlAuditRequest,
  ListHostsRequest,
  ListMediaServicesRequest,
  ListImagesRequest,
  ListPhonesRequest,
  ListSnapshotsRequest,
  ListViewersRequest,
  MeRequest,
  PausePhoneRequest,
  RebootPhoneRequest,
  ResetPhoneRequest,
  RestorePhoneRequest,
  ResumePhoneRequest,
  RemoveImageRequest,
  RevokeViewerRequest,
  ReadClipboardRequest,
  ScreenshotRequest,
  SnapshotPhoneRequest,
  StartPhoneRequest,
  StopPhoneRequest,
  TestIceRequest,
  UpdateHostRequest,
  UpdatePhoneRequest,
  WaitOperationRequest,
  WatchEventsRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { Metadata, ServerWritableStream } from '@grpc/grpc-js';
import { AppError } from '@ancloud/kit';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { Observable } from 'rxjs';
import { GrpcAuth } from '../auth/grpc-auth.js';
import type { FarmEvent } from '../events/event-hub.js';
import { GatewayApi } from './gateway-api.js';
import { type Cancellable, cancelSignal } from './grpc-cancel.js';
import { GATEWAY_SERVICE } from './grpc-service.js';

/** Events that wait for a slow reader before it is cut off; the beginning of a large farm has as many. */
const SLOW_EVENTS = 10_000;

/** gRPC's spelling of GatewayApi: the credentials of the metadata, then the same call. */
@Controller()
export class GrpcController {
  constructor(
    private readonly api: GatewayApi,
    private readonly auth: GrpcAuth,
  ) {}

  @GrpcMethod(GATEWAY_SERVICE, 'createPhone')
  async createPhone(request: CreatePhoneRequest, metadata: Metadata) {
    return this.api.createPhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'getPhone')
  async getPhone(request: GetPhoneRequest, metadata: Metadata) {
    return this.api.getPhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listPhones')
  async listPhones(request: ListPhonesRequest, metadata: Metadata) {
    return this.api.listPhones(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'deletePhone')
  async deletePhone(request: DeletePhoneRequest, metadata: Metadata) {
    return this.api.deletePhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'startPhone')
  async startPhone(request: StartPhoneRequest, metadata: Metadata) {
    return this.api.startPhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'stopPhone')
  async stopPhone(request: StopPhoneRequest, metadata: Metadata) {
    return this.api.stopPhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'rebootPhone')
  async rebootPhone(request: RebootPhoneRequest, metadata: Metadata) {
    return this.api.rebootPhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'resetPhone')
  async resetPhone(request: ResetPhoneRequest, metadata: Metadata) {
    return this.api.resetPhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'updatePhone')
  async updatePhone(request: UpdatePhoneRequest, metadata: Metadata) {
    return this.api.updatePhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'pausePhone')
  async pausePhone(request: PausePhoneRequest, metadata: Metadata) {
    return this.api.pausePhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'resumePhone')
  async resumePhone(request: ResumePhoneRequest, metadata: Metadata) {
    return this.api.resumePhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'snapshotPhone')
  async snapshotPhone(request: SnapshotPhoneRequest, metadata: Metadata) {
    return this.api.snapshotPhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'restorePhone')
  async restorePhone(request: RestorePhoneRequest, metadata: Metadata) {
    return this.api.restorePhone(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listSnapshots')
  async listSnapshots(_request: ListSnapshotsRequest, metadata: Metadata) {
    return this.api.listSnapshots(await this.auth.principal(metadata));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'deleteSnapshot')
  async deleteSnapshot(request: DeleteSnapshotRequest, metadata: Metadata) {
    return this.api.deleteSnapshot(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'importSnapshot')
  async importSnapshot(request: ImportSnapshotRequest, metadata: Metadata) {
    return this.api.importSnapshot(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'createViewer')
  async createViewer(request: CreateViewerRequest, metadata: Metadata) {
    return this.api.createViewer(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listViewers')
  async listViewers(request: ListViewersRequest, metadata: Metadata) {
    return this.api.listViewers(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'revokeViewer')
  async revokeViewer(request: RevokeViewerRequest, metadata: Metadata) {
    return this.api.revokeViewer(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'getControl')
  async getControl(request: GetControlRequest, metadata: Metadata) {
    return this.api.getControl(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'grantControl')
  async grantControl(request: GrantControlRequest, metadata: Metadata) {
    return this.api.grantControl(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'inject')
  async inject(request: InjectRequest, metadata: Metadata, call: Cancellable) {
    return this.api.inject(await this.auth.principal(metadata), request, cancelSignal(call));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'readClipboard')
  async readClipboard(request: ReadClipboardRequest, metadata: Metadata, call: Cancellable) {
    return this.api.readClipboard(await this.auth.principal(metadata), request, cancelSignal(call));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listControlAudit')
  async listControlAudit(request: ListControlAuditRequest, metadata: Metadata) {
    return this.api.listControlAudit(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listImages')
  async listImages(_request: ListImagesRequest, metadata: Metadata) {
    return this.api.listImages(await this.auth.principal(metadata));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'importImage')
  async importImage(request: ImportImageRequest, metadata: Metadata) {
    return this.api.importImage(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'removeImage')
  async removeImage(request: RemoveImageRequest, metadata: Metadata) {
    await this.api.removeImage(await this.auth.principal(metadata), request);
    return {};
  }

  @GrpcMethod(GATEWAY_SERVICE, 'screenshot')
  async screenshot(request: ScreenshotRequest, metadata: Metadata, call: Cancellable) {
    return this.api.screenshot(await this.auth.principal(metadata), request, cancelSignal(call));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'getOperation')
  async getOperation(request: GetOperationRequest, metadata: Metadata) {
    return this.api.getOperation(await this.auth.principal(metadata), request.operationId);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'waitOperation')
  async waitOperation(request: WaitOperationRequest, metadata: Metadata, call: Cancellable) {
    // proto3 cannot tell 0 from absent: absent is what a client means by waiting.
    const timeoutMs = request.timeoutMs === 0 ? 30_000 : request.timeoutMs;
    return this.api.waitOperation(
      await this.auth.principal(metadata),
      { ...request, timeoutMs },
      cancelSignal(call),
    );
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listHosts')
  async listHosts(_request: ListHostsRequest, metadata: Metadata) {
    return this.api.hosts.list(await this.auth.principal(metadata));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'updateHost')
  async updateHost(request: UpdateHostRequest, metadata: Metadata) {
    return this.api.hosts.update(await this.auth.principal(metadata), request);
  }

  @GrpcMethod(GATEWAY_SERVICE, 'listMediaServices')
  async listMediaServices(_request: ListMediaServicesRequest, metadata: Metadata) {
    return this.api.listMediaServices(await this.auth.principal(metadata));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'testIce')
  async testIce(_request: TestIceRequest, metadata: Metadata) {
    return this.api.testIce(await this.auth.principal(metadata));
  }

  @GrpcMethod(GATEWAY_SERVICE, 'me')
  me(_request: MeRequest, metadata: Metadata) {
    return this.auth.principal(metadata);
  }

  /**
   * Written to the call itself, never through the Observable: Nest would keep what a slow reader does not take without bound.
   * The Observable only says when it is over.
   */
  @GrpcMethod(GATEWAY_SERVICE, 'watchEvents')
  watchEvents(
    _request: WatchEventsRequest,
    metadata: Metadata,
    call: ServerWritableStream<WatchEventsRequest, Event>,
  ): Observable<Event> {
    return new Observable((subscriber) => {
      let id = 0;
      let over = false;
      let unlisten = (): void => {};
      const send = (event: FarmEvent): void => {
        const body = bodyOf(event);
        if (body === undefined || over) return;
        id += 1;
        call.write({ id, atMs: Date.now(), event: body });
        if (call.writableLength > SLOW_EVENTS)
          subscriber.error(new AppError('CAPACITY', 'events are not read as fast as they come'));
      };
      const begin = async (): Promise<void> => {
        const leave = await this.api.listen(await this.auth.principal(metadata), send);
        if (over) leave();
        else unlisten = leave;
      };
      begin().catch((error: unknown) => subscriber.error(error));
      return () => {
        over = true;
        unlisten();
      };
    });
  }
}

function bodyOf(event: FarmEvent): Event['event'] {
  switch (event.kind) {
    case 'phone':
      return { $case: 'phone', value: event.phone };
    case 'phoneRemoved':
      return { $case: 'phoneRemoved', value: event.phoneId };
    case 'operation':
      return { $case: 'operation', value: event.operation };
    case 'synced':
      // gRPC's readers begin anew with each call: they have nothing to forget.
      return undefined;
  }
}
