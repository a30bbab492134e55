import type {
  Clipboard,
  Control,
  CreateGroupRequest,
  CreatePhoneRequest,
  CreateViewerRequest,
  DeleteGroupRequest,
  DeletePhoneRequest,
  DeleteSnapshotRequest,
  DeleteSnapshotResponse,
  GetControlRequest,
  GetGroupRequest,
  GetPhoneRequest,
  GrantControlRequest,
  Group,
  IceSelfTest,
  ImportImageRequest,
  InjectRequest,
  ListControlAuditRequest,
  ListControlAuditResponse,
  ListGroupsResponse,
  ListImagesResponse,
  ListMediaServicesResponse,
  ListPhonesRequest,
  ListPhonesResponse,
  ListSnapshotsResponse,
  ListViewersRequest,
  ListViewersResponse,
  PausePhoneRequest,
  Phone,
  PhoneOperation,
  ReadClipboardRequest,
  RebootPhoneRequest,
  ResetPhoneRequest,
  RestorePhoneRequest,
  ResumePhoneRequest,
  RemoveImageRequest,
  RevokeViewerRequest,
  RevokeViewerResponse,
  ScreenshotRequest,
  ScreenshotResponse,
  Snapshot,
  SnapshotPhoneRequest,
  StartPhoneRequest,
  StopPhoneRequest,
  UpdateGroupRequest,
  UpdatePhoneRequest,
  Viewer,
  WaitOperationRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import type { InjectResponse } from '@ancloud/contracts/input/v1/input';
import type { Operation } from '@ancloud/contracts/state/v1/state';
import type { Principal } from '../auth/principal.js';
import { getControl, grantControl } from '../control/control.js';
import { listControlAudit } from '../control/control-audit.js';
import { inject } from '../control/inject.js';
import { readClipboard } from '../control/read-clipboard.js';
import { deleteGroup, listGroups } from '../groups/group-access.js';
import { createGroup, updateGroup } from '../groups/make-group.js';
import { getGroup } from '../groups/view-group.js';
import type { Hosts } from '../hosts/hosts.js';
import { listMediaServices } from '../media-services/list-media-services.js';
import { testIce } from '../ice/test-ice.js';
import { listImages } from '../images/list-images.js';
import { removeImage } from '../images/remove-image.js';
import type { Macros } from '../macros/macros.js';
import type { Feeds } from '../feeds/feeds.js';
import type { Pushes } from '../pushes/pushes.js';
import type { Recordings } from '../recordings/recordings.js';
import type { Uploads } from '../uploads/uploads.js';
import { getOperation } from '../operations/operation-access.js';
import { waitOperation } from '../operations/wait-operation.js';
import { deletePhone } from '../phones/delete-phone.js';
import { installApp } from '../phones/install-app.js';
import { listPhones } from '../phones/list-phones.js';
import { pausePhone } from '../phones/pause-phone.js';
import { phoneFrom } from '../phones/phone-access.js';
import { phoneLog } from '../phones/phone-log.js';
import { rebootPhone } from '../phones/reboot-phone.js';
import { resetPhone } from '../phones/reset-phone.js';
import { resumePhone } from '../phones/resume-phone.js';
import { screenshot } from '../phones/screenshot.js';
import { startPhone } from '../phones/start-phone.js';
import { stopPhone } from '../phones/stop-phone.js';
import { updatePhone } from '../phones/update-phone.js';
import { deleteSnapshot } from '../snapshots/delete-snapshot.js';
import { exportSnapshot } from '../snapshots/export-snapshot.js';
import { importSnapshot } from '../snapshots/import-snapshot.js';
import { listSnapshots } from '../snapshots/list-snapshots.js';
import { restorePhone } from '../snapshots/restore-phone.js';
import { snapshotPhone } from '../snapshots/snapshot-phone.js';
import { createViewer } from '../viewers/create-viewer.js';
import { listViewers } from '../viewers/list-viewers.js';
import { revokeViewer } from '../viewers/revoke-viewer.js';
import type { GatewayParts } from './gateway-parts.js';

/**
 * What partners can do, once: REST and gRPC are two spellings of these calls. Each takes the principal and the request of
 * gateway.proto; each is one action file.
 */
export class GatewayApi {
  readonly recordings: Recordings;
  readonly macros: Macros;
  readonly feeds: Feeds;
  readonly pushes: Pushes;
  readonly uploads: Uploads;
  readonly hosts: Hosts;
  readonly #parts: GatewayParts;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.recordings = parts.recordings;
    this.macros = parts.macros;
    this.feeds = parts.feeds;
    this.pushes = parts.pushes;
    this.uploads = parts.uploads;
    this.hosts = parts.machines;
  }

  createPhone(principal: Principal, request: CreatePhoneRequest): Promise<PhoneOperation> {
    return this.#parts.createPhone.run(principal, request);
  }

  async getPhone(principal: Principal, request: GetPhoneRequest): Promise<Phone> {
    return phoneFrom(await this.#parts.access.load(principal, request.phoneId));
  }

  listPhones(principal: Principal, request: ListPhonesRequest): Promise<ListPhonesResponse> {
    return listPhones(this.#parts.facts, principal, request);
  }

  deletePhone(principal: Principal, request: DeletePhoneRequest): Promise<PhoneOperation> {
    return deletePhone(this.#parts, principal, request);
  }

  startPhone(principal: Principal, request: StartPhoneRequest): Promise<PhoneOperation> {
    return startPhone(this.#parts, principal, request);
  }

  stopPhone(principal: Principal, request: StopPhoneRequest): Promise<PhoneOperation> {
    return stopPhone(this.#parts, principal, request);
  }

  rebootPhone(principal: Principal, request: RebootPhoneRequest): Promise<PhoneOperation> {
    return rebootPhone(this.#parts, principal, request);
  }

  resetPhone(principal: Principal, request: ResetPhoneRequest): Promise<PhoneOperation> {
    return resetPhone(this.#parts, principal, request);
  }

  updatePhone(principal: Principal, request: UpdatePhoneRequest): Promise<PhoneOperation> {
    return updatePhone(this.#parts, principal, request);
  }

  pausePhone(principal: Principal, request: PausePhoneRequest): Promise<PhoneOperation> {
    return pausePhone(this.#parts, principal, request);
  }

  resumePhone(principal: Principal, request: ResumePhoneRequest): Promise<PhoneOperation> {
    return resumePhone(this.#parts, principal, request);
  }

  snapshotPhone(principal: Principal, request: SnapshotPhoneRequest): Promise<PhoneOperation> {
    return snapshotPhone(this.#parts, principal, request);
  }

  restorePhone(principal: Principal, request: RestorePhoneRequest): Promise<PhoneOperation> {
    return restorePhone(this.#parts, principal, request);
  }

  listSnapshots(principal: Principal): Promise<ListSnapshotsResponse> {
    return listSnapshots(this.#parts.snapshots, principal);
  }

  /** REST only, as all that is a stream of bytes. */
  exportSnapshot(principal: Principal, snapshotId: string): Promise<AsyncIterable<Uint8Array>> {
    return exportSnapshot(this.#parts, principal, snapshotId);
  }

  importSnapshot(principal: Principal, request: { uploadId: string; name: string }): Promise<Snapshot> {
    return importSnapshot(this.#parts, principal, request);
  }

  deleteSnapshot(principal: Principal, request: DeleteSnapshotRequest): Promise<DeleteSnapshotResponse> {
    return deleteSnapshot(this.#parts, principal, request);
  }

  createViewer(principal: Principal, request: CreateViewerRequest): Promise<Viewer> {
    return createViewer({ ...this.#parts, store: this.#parts.viewers }, principal, request);
  }

  listViewers(principal: Principal, request: ListViewersRequest): Promise<ListViewersResponse> {
    return listViewers(this.#parts, principal, request);
  }

  revokeViewer(principal: Principal, request: RevokeViewerRequest): Promise<RevokeViewerResponse> {
    return revokeViewer(this.#parts, principal, request);
  }

  getControl(principal: Principal, request: GetControlRequest): Promise<Control> {
    return getControl(this.#parts, principal, request);
  }

  grantControl(principal: Principal, request: GrantControlRequest): Promise<Control> {
    return grantControl(this.#parts, principal, request);
  }

  inject(principal: Principal, request: InjectRequest, signal?: AbortSignal): Promise<InjectResponse> {
    return inject(this.#parts, principal, request, signal);
  }

  readClipboard(
    principal: Principal,
    request: ReadClipboardRequest,
    signal?: AbortSignal,
  ): Promise<Clipboard> {
    return readClipboard(this.#parts, principal, request, signal);
  }

  listControlAudit(
    principal: Principal,
    request: ListControlAuditRequest,
  ): Promise<ListControlAuditResponse> {
    return listControlAudit(this.#parts, principal, request);
  }

  createGroup(principal: Principal, request: CreateGroupRequest): Promise<Group> {
    return createGroup(this.#parts, principal, request);
  }

  listGroups(principal: Principal): Promise<ListGroupsResponse> {
    return listGroups(this.#parts.groups, principal);
  }

  getGroup(principal: Principal, request: GetGroupRequest): Promise<Group> {
    return getGroup(this.#parts, principal, request);
  }

  updateGroup(principal: Principal, request: UpdateGroupRequest): Promise<Group> {
    return updateGroup(this.#parts, principal, request);
  }

  deleteGroup(principal: Principal, request: DeleteGroupRequest): Promise<void> {
    return deleteGroup(this.#parts, principal, request);
  }

  listImages(principal: Principal): Promise<ListImagesResponse> {
    return listImages(this.#parts.facts, principal);
  }

  importImage(principal: Principal, request: ImportImageRequest): Promise<Operation> {
    return this.#parts.importImage.run(principal, request);
  }

  removeImage(principal: Principal, request: RemoveImageRequest): Promise<void> {
    return removeImage(this.#parts, principal, request);
  }

  screenshot(
    principal: Principal,
    request: ScreenshotRequest,
    signal?: AbortSignal,
  ): Promise<ScreenshotResponse> {
    return screenshot(this.#parts, principal, request, signal);
  }

  phoneLog(principal: Principal, phoneId: string, tail: number): Promise<AsyncIterable<Uint8Array>> {
    return phoneLog(this.#parts, principal, phoneId, tail);
  }

  installApp(principal: Principal, request: Parameters<typeof installApp>[2]): ReturnType<typeof installApp> {
    return installApp(this.#parts, principal, request);
  }

  getOperation(principal: Principal, operationId: string): Promise<Operation> {
    return getOperation(this.#parts.operations, principal, operationId);
  }

  waitOperation(
    principal: Principal,
    request: WaitOperationRequest,
    signal?: AbortSignal,
  ): Promise<Operation> {
    return waitOperation({ ...this.#parts, store: this.#parts.operations }, principal, request, signal);
  }

  listMediaServices(principal: Principal): Promise<ListMediaServicesResponse> {
    return listMediaServices(this.#parts.facts, principal);
  }

  testIce(principal: Principal): Promise<IceSelfTest> {
    return testIce(this.#parts, principal);
  }

  /** See EventHub.listen. */
  listen: GatewayParts['events']['listen'] = (principal, send) => this.#parts.events.listen(principal, send);
}
