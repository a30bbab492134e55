import { consoleRoutes } from '../console/console-routes.js';
import { controlRoutes } from '../control/control-routes.js';
import { eventRoutes } from '../events/event-routes.js';
import { feedRoutes } from '../feeds/feed-routes.js';
import { whipRoutes } from '../feeds/whip-routes.js';
import { groupRoutes } from '../groups/group-routes.js';
import { hostRoutes } from '../hosts/host-routes.js';
import { iceRoutes } from '../ice/ice-routes.js';
import { imageRoutes } from '../images/image-routes.js';
import { macroRoutes } from '../macros/macro-routes.js';
import { mediaServiceRoutes } from '../media-services/media-service-routes.js';
import { operationRoutes } from '../operations/operation-routes.js';
import { phoneRoutes } from '../phones/phone-routes.js';
import { pushRoutes } from '../pushes/push-routes.js';
import { recordingRoutes } from '../recordings/recording-routes.js';
import { uploadRoutes } from '../uploads/upload-routes.js';
import { snapshotRoutes } from '../snapshots/snapshot-routes.js';
import { whepRoutes } from '../whep/whep-routes.js';
import { viewerRoutes } from '../viewers/viewer-routes.js';
import type { RouteDoc } from './route-doc.js';

const serviceRoutes: readonly RouteDoc[] = [
  {
    method: 'GET',
    path: '/healthz',
    operationId: 'healthz',
    tag: 'service',
    summary: 'The process is alive',
    open: true,
    ok: { status: 200, description: 'Alive', mediaType: 'application/json' },
    errors: [],
  },
  {
    method: 'GET',
    path: '/readyz',
    operationId: 'readyz',
    tag: 'service',
    summary: 'Redis and NATS can be reached',
    open: true,
    ok: { status: 200, description: 'Ready', mediaType: 'application/json' },
    errors: ['UNAVAILABLE_STATE', 'UNAVAILABLE_BUS'],
  },
  {
    method: 'GET',
    path: '/v1/openapi.json',
    operationId: 'openapi',
    tag: 'service',
    summary: 'This document',
    open: true,
    ok: { status: 200, description: 'OpenAPI 3.1', mediaType: 'application/json' },
    errors: [],
  },
];

/** Every route of the REST API. */
export const routes: readonly RouteDoc[] = [
  ...phoneRoutes,
  ...snapshotRoutes,
  ...recordingRoutes,
  ...pushRoutes,
  ...viewerRoutes,
  ...controlRoutes,
  ...groupRoutes,
  ...macroRoutes,
  ...whepRoutes,
  ...feedRoutes,
  ...whipRoutes,
  ...imageRoutes,
  ...uploadRoutes,
  ...operationRoutes,
  ...eventRoutes,
  ...hostRoutes,
  ...mediaServiceRoutes,
  ...iceRoutes,
  ...consoleRoutes,
  ...serviceRoutes,
];
