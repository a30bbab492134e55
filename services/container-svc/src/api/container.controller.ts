import type {
  CreateUploadRequest,
  ExecInput,
  ExecOutput,
  ExportSnapshotRequest,
  GetPhoneRequest,
  GetUploadRequest,
  ImportImageProgress,
  ImportImageRequest,
  ImportSnapshotRequest,
  ListImagesResponse,
  ListPhonesResponse,
  ListUploadsResponse,
  PhoneLogChunk,
  PhoneLogRequest,
  RemoveImageRequest,
  RemoveImageResponse,
  RemoveUploadRequest,
  RemoveUploadResponse,
  RemoveSnapshotRequest,
  RemoveSnapshotResponse,
  SetSchedulableRequest,
  SnapshotChunk,
  SyncPhonesResponse,
  Upload,
  WriteUploadRequest,
} from '@ancloud/contracts/container/v1/container';
import type { HostRecord, PhoneStatus, SnapshotRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type OutgoingCall, streamOut } from '@ancloud/kit';
import type { Metadata, sendUnaryData, ServerDuplexStream, ServerReadableStream } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import { archiveOf, takeArchive } from '../io/snapshot-archive.js';
import { imageRecords } from '../reconcile/host-record.js';
import { phonesOn } from '../reconcile/snapshot-records.js';
import { HostApi } from './host-api.js';
import { execInPhone } from './exec-stream.js';
import { importImage } from './import-image.js';
import { phoneLog } from './phone-log.js';
import { createUpload, writeUpload } from './uploads.js';

/** Ids that an error names. */
const NAMED = 5;

const SERVICE = 'ancloud.container.v1.ContainerService';

/** gRPC edge: decode, call, encode. Each RPC's meaning and errors stand in the .proto. */
@Controller()
export class ContainerController {
  constructor(@Inject(HostApi) private readonly api: HostApi) {}

  @GrpcMethod(SERVICE, 'syncPhones')
  async syncPhones(): Promise<SyncPhonesResponse> {
    return { phones: await this.api.sync() };
  }

  @GrpcMethod(SERVICE, 'getPhone')
  getPhone({ phoneId }: GetPhoneRequest): PhoneStatus {
    const status = this.api.host.phones.status(phoneId);
    if (status === undefined)
      throw new AppError('PHONE_NOT_FOUND', `reading ${phoneId}: this host does not have it`, {
        field: 'phone_id',
        value: phoneId,
      });
    return status;
  }

  @GrpcMethod(SERVICE, 'listPhones')
  async listPhones(): Promise<ListPhonesResponse> {
    const { phones } = this.api.host;
    await phones.seen();
    return { phones: phones.statuses() };
  }

  @GrpcMethod(SERVICE, 'watchPhones')
  watchPhones(_: unknown, __: Metadata, call: OutgoingCall): Observable<PhoneStatus> {
    const { phones } = this.api.host;
    return streamOut<PhoneStatus>(call, async (write, signal) => {
      // Policy: one state waits per phone, the newest; an older one that was not read is replaced.
      const waiting = new Map(phones.statuses().map((status) => [status.phoneId, status]));
      let wake = (): void => {};
      const release = phones.onStatus((status) => {
        waiting.set(status.phoneId, status);
        wake();
      });
      signal.addEventListener('abort', () => wake(), { once: true });
      try {
        while (!signal.aborted) {
          const [next] = waiting;
          if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
          else {
            waiting.delete(next[0]);
            await write(next[1]);
          }
        }
      } finally {
        release();
      }
    });
  }

  @GrpcMethod(SERVICE, 'importImage')
  importImage(request: ImportImageRequest, _: Metadata, call: OutgoingCall): Observable<ImportImageProgress> {
    return streamOut<ImportImageProgress>(call, (write, signal) =>
      importImage(this.api.host, request, write, signal),
    );
  }

  @GrpcMethod(SERVICE, 'listImages')
  listImages(): ListImagesResponse {
    return { images: imageRecords(this.api.host) };
  }

  @GrpcMethod(SERVICE, 'removeImage')
  async removeImage({ imageId }: RemoveImageRequest): Promise<RemoveImageResponse> {
    const { phones, images } = this.api.host;
    const users = phones.usersOf(imageId);
    if (users.length > 0)
      throw new AppError('IMAGE_IN_USE', `removing ${imageId}: ${named(users)} of this host want it`, {
        field: 'image_id',
        value: imageId,
        fix: 'delete those phones, or give them another image',
      });
    await images.remove(imageId);
    return {};
  }

  @GrpcMethod(SERVICE, 'createUpload')
  createUpload(request: CreateUploadRequest): Promise<Upload> {
    return createUpload(this.api.host.uploads, request);
  }

  @GrpcMethod(SERVICE, 'listUploads')
  listUploads(): ListUploadsResponse {
    return { uploads: this.api.host.uploads.list() };
  }

  @GrpcMethod(SERVICE, 'getUpload')
  getUpload({ uploadId }: GetUploadRequest): Upload {
    return this.api.host.uploads.get(uploadId);
  }

  @GrpcStreamCall(SERVICE, 'writeUpload')
  async writeUpload(
    call: ServerReadableStream<WriteUploadRequest, Upload>,
    answer: sendUnaryData<Upload>,
  ): Promise<void> {
    answer(null, await writeUpload(this.api.host.uploads, call));
  }

  @GrpcMethod(SERVICE, 'removeUpload')
  removeUpload({ uploadId }: RemoveUploadRequest): RemoveUploadResponse {
    this.api.host.uploads.remove(uploadId);
    return {};
  }

  @GrpcMethod(SERVICE, 'removeSnapshot')
  async removeSnapshot({ snapshotId }: RemoveSnapshotRequest): Promise<RemoveSnapshotResponse> {
    const { host } = this.api;
    await host.snapshots.remove(snapshotId, () => phonesOn(host, snapshotId));
    return {};
  }

  @GrpcMethod(SERVICE, 'exportSnapshot')
  exportSnapshot(
    { snapshotId }: ExportSnapshotRequest,
    _: Metadata,
    call: OutgoingCall,
  ): Observable<SnapshotChunk> {
    const { snapshots, paths } = this.api.host;
    return streamOut<SnapshotChunk>(call, async (write, signal) => {
      const snapshot = snapshots.need(snapshotId, 'exporting');
      for await (const data of archiveOf(paths.snapshotFile(snapshot.sha256), snapshot)) {
        if (signal.aborted) return;
        await write({ data });
      }
    });
  }

  @GrpcMethod(SERVICE, 'importSnapshot')
  async importSnapshot(request: ImportSnapshotRequest): Promise<SnapshotRecord> {
    const { host } = this.api;
    const { file } = host.uploads.fileOf(request.uploadId);
    const snapshot = await takeArchive(host.snapshots, file, request);
    return { ...snapshot, users: phonesOn(host, snapshot.snapshotId).length };
  }

  @GrpcMethod(SERVICE, 'setSchedulable')
  async setSchedulable({ schedulable }: SetSchedulableRequest): Promise<HostRecord> {
    await this.api.host.drain.set(schedulable);
    return this.api.record();
  }

  @GrpcMethod(SERVICE, 'hostFacts')
  hostFacts(): HostRecord {
    return this.api.record();
  }

  @GrpcStreamCall(SERVICE, 'exec')
  exec(call: ServerDuplexStream<ExecInput, ExecOutput>): void {
    execInPhone(this.api.host, call);
  }

  @GrpcMethod(SERVICE, 'phoneLog')
  phoneLog(request: PhoneLogRequest, _: Metadata, call: OutgoingCall): Observable<PhoneLogChunk> {
    return streamOut<PhoneLogChunk>(call, (write, signal) => phoneLog(this.api.host, request, write, signal));
  }
}

function named(phones: readonly string[]): string {
  const more = phones.length - NAMED;
  return `phones ${phones.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
