import type { Readable } from 'node:stream';
import {
  type ContainerServiceClient,
  type Upload,
  WriteUploadRequest,
} from '@ancloud/contracts/container/v1/container';
import type { HostRecord } from '@ancloud/contracts/state/v1/state';
import { AppError, type ClientPool } from '@ancloud/kit';
import { forwardBody } from '../api/forward-body.js';
import { requireAdmin, type Principal } from '../auth/principal.js';
import type { FarmFacts } from '../farm/farm-facts.js';
import { chosenHost } from '../hosts/chosen-host.js';
import { hostOfUpload } from './upload-id.js';

export interface HostUpload {
  readonly upload: Upload;
  readonly hostId: string;
}

/** Of one piece, whatever the line. */
const DEADLINE_MS = 60 * 60_000;

/** Files on their way to a host, in pieces of any size. For admins. The bytes pass through and are kept by the host alone. */
export class Uploads {
  constructor(
    private readonly facts: FarmFacts,
    private readonly hosts: ClientPool<typeof ContainerServiceClient.service>,
  ) {}

  /** Errors: FORBIDDEN, HOST_NOT_FOUND, NO_HOST, INVALID_ARGUMENT, DISK_FULL, CAPACITY. */
  async create(
    principal: Principal,
    { hostId, name, size, sha256 }: { hostId: string; name: string; size: number; sha256: string },
  ): Promise<HostUpload> {
    requireAdmin(principal, 'uploading an image');
    const host = await chosenHost(this.facts, hostId);
    const upload = await this.#client(host).createUpload({ name, size, sha256 });
    return { upload, hostId: host.hostId };
  }

  /** Those of the live hosts that answer. Errors: FORBIDDEN. */
  async list(principal: Principal): Promise<HostUpload[]> {
    requireAdmin(principal, 'listing uploads');
    const each = await Promise.allSettled(
      (await this.facts.hosts()).map(async (host) =>
        (await this.#client(host).listUploads({})).uploads.map((upload) => ({ upload, hostId: host.hostId })),
      ),
    );
    return each.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  }

  /** Errors: FORBIDDEN, UPLOAD_NOT_FOUND. */
  async get(principal: Principal, uploadId: string): Promise<HostUpload> {
    const host = await this.#host(principal, uploadId);
    return { upload: await this.#client(host).getUpload({ uploadId }), hostId: host.hostId };
  }

  /** Errors: FORBIDDEN, UPLOAD_NOT_FOUND, UPLOAD_CONFLICT, MESSAGE_TOO_LARGE, DISK_FULL, IMAGE_INVALID for a wrong sha256. */
  async write(principal: Principal, uploadId: string, offset: number, body: Readable): Promise<HostUpload> {
    const host = await this.#host(principal, uploadId);
    const upload = await forwardBody<WriteUploadRequest, Upload>({
      body,
      open: (signal) => this.#client(host).writeUpload({ deadlineMs: DEADLINE_MS, signal }),
      start: WriteUploadRequest.fromPartial({ input: { $case: 'start', value: { uploadId, offset } } }),
      message: (data) => ({ input: { $case: 'data', value: data } }),
      doing: `upload ${uploadId}`,
    });
    return { upload, hostId: host.hostId };
  }

  /** Fine when it is gone already. Errors: FORBIDDEN, UPLOAD_NOT_FOUND when its host is not there. */
  async remove(principal: Principal, uploadId: string): Promise<void> {
    await this.#client(await this.#host(principal, uploadId)).removeUpload({ uploadId });
  }

  #client(host: HostRecord) {
    return this.hosts.get(host.containerAddress);
  }

  async #host(principal: Principal, uploadId: string): Promise<HostRecord> {
    requireAdmin(principal, 'uploading an image');
    const hostId = hostOfUpload(uploadId);
    const host = hostId === undefined ? undefined : await this.facts.host(hostId);
    if (host !== undefined) return host;
    throw new AppError('UPLOAD_NOT_FOUND', `there is no upload '${uploadId}' on a live host`, {
      field: 'uploadId',
      value: uploadId,
      fix: 'begin a new one',
    });
  }
}
