import { type Bus, Lanes } from '@ancloud/bus';
import type { viewer as protocol } from '@ancloud/contracts';
import { ContainerServiceClient } from '@ancloud/contracts/container/v1/container';
import { InputServiceClient } from '@ancloud/contracts/input/v1/input';
import { MediaServiceClient } from '@ancloud/contracts/media/v1/media';
import { SessionServiceClient } from '@ancloud/contracts/session/v1/session';
import { ClientPool, type Clock, type Log, mediaLiveness, type Metrics, type Reached } from '@ancloud/kit';
import type { State } from '@ancloud/state';
import { Authenticator } from '../auth/authenticator.js';
import { AuthFailures } from '../auth/failures.js';
import { RedisCredentials } from '../auth/redis-credentials.js';
import type { GatewayConfig } from '../config.js';
import { Inputs } from '../control/inputs.js';
import { EventHub } from '../events/event-hub.js';
import { FarmFacts } from '../farm/farm-facts.js';
import { Nudge } from '../farm/nudge.js';
import { PhoneReactor } from '../farm/phone-reactor.js';
import { Recovery } from '../farm/recovery.js';
import { Wakeups } from '../farm/wakeups.js';
import { FeedFinder } from '../feeds/feed-finder.js';
import { FeedSigner } from '../feeds/feed-token.js';
import { FeedTokens } from '../feeds/feed-tokens.js';
import { Feeds } from '../feeds/feeds.js';
import { whipCount } from '../feeds/whip-counts.js';
import { Whip } from '../feeds/whip.js';
import { GroupStore } from '../groups/group-store.js';
import { Hosts } from '../hosts/hosts.js';
import { ImportImage } from '../images/import-image.js';
import { MacroStore } from '../macros/macro-store.js';
import { Macros } from '../macros/macros.js';
import { OperationFinisher } from '../operations/finish-operations.js';
import { OperationStore } from '../operations/operation-store.js';
import { CreatePhone } from '../phones/create-phone.js';
import { IdlePhones } from '../phones/idle-phones.js';
import { PhoneAccess } from '../phones/phone-access.js';
import { PhoneStore } from '../phones/phone-store.js';
import { Sessions } from '../phones/session-client.js';
import { Pushes } from '../pushes/pushes.js';
import { RecordingAccess } from '../recordings/recording-access.js';
import { takeRecordingTurn } from '../recordings/recording-turn.js';
import { Recordings } from '../recordings/recordings.js';
import { signalCounts } from '../signal/signal-counts.js';
import { turnServer } from '../viewers/turn.js';
import { MediaDialer, poolDialer } from '../signal/media-link.js';
import { Uploads } from '../uploads/uploads.js';
import { SnapshotAccess } from '../snapshots/snapshot-access.js';
import { TokenSigner } from '../viewers/token.js';
import { ViewerDoor } from '../viewers/viewer-door.js';
import { Whep } from '../whep/whep.js';
import { ViewerNames } from '../viewers/viewer-names.js';
import { ViewerStore } from '../viewers/viewer-store.js';

/** The world of one gateway process: built once, in main. */
export interface World {
  readonly config: GatewayConfig;
  readonly state: State;
  readonly bus: Bus;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export type GatewayParts = ReturnType<typeof buildParts>;

/** Every object of the gateway, in the order in which they lean on each other. Nothing is started here. */
export function buildParts(world: World) {
  const { config, state, bus, metrics, clock, log } = world;
  const { farmSecret, tls } = config.farm;
  const clients = { farmSecret, tls };
  const hosts = new ClientPool(ContainerServiceClient, clients);
  const sessionPool = new ClientPool(SessionServiceClient, clients);
  const medias = new ClientPool(MediaServiceClient, {
    ...clients,
    liveness: { ...mediaLiveness, pulses: { needsAnother: true } },
  });
  const reached = (address: string): Promise<Reached> => medias.reached(address);
  const inputPool = new ClientPool(InputServiceClient, clients);
  const lanes = new Lanes({ bus, metrics, log, clock, tls });
  const wakeups = new Wakeups();
  const facts = new FarmFacts(state);
  const store = new PhoneStore(state);
  const operations = new OperationStore(state);
  const viewers = new ViewerStore(state);
  const names = new ViewerNames(state);
  const credentials = new RedisCredentials(state);
  const signer = new TokenSigner(config.tokenSecret);
  const access = new PhoneAccess(facts, store);
  const snapshots = new SnapshotAccess(facts);
  const inputs = new Inputs(state, inputPool);
  const sessions = new Sessions(facts, sessionPool, clock);
  const nudge = new Nudge({ bus, hosts, facts, log });
  const finisher = new OperationFinisher({ store: operations, bus, wakeups, clock });
  const reactor = new PhoneReactor({ facts, store, finisher, wakeups, clock, log });
  const recovery = new Recovery(state, facts, log);
  const idle = new IdlePhones({ facts, store, nudge, finisher, clock, log });
  const feedFinder = new FeedFinder({ facts, medias, clock });
  const ofFeeds = {
    signer: new FeedSigner(config.tokenSecret),
    tokens: new FeedTokens(state),
    finder: feedFinder,
    medias,
    clock,
  };
  const door = new ViewerDoor({ signer, store: viewers, facts, idle, clock });
  return {
    ...world,
    lanes,
    publicUrl: config.publicUrl,
    hosts,
    medias,
    inputs,
    macros: new Macros({ store: new MacroStore(state), access, sessions, inputs, clock }),
    groups: new GroupStore(state),
    wakeups,
    facts,
    store,
    operations,
    viewers,
    names,
    credentials,
    signer,
    access,
    snapshots,
    nudge,
    finisher,
    reactor,
    recovery,
    idle,
    sessions,
    events: new EventHub({ facts, wakeups, clock, log }),
    createPhone: new CreatePhone({
      facts,
      store,
      access,
      snapshots,
      operations,
      nudge,
      finisher,
      recovery,
      clock,
    }),
    importImage: new ImportImage({ facts, hosts, operations, finisher, clock, log }),
    uploads: new Uploads(facts, hosts),
    machines: new Hosts({ facts, hosts, clock }),
    pushes: new Pushes({ access, facts, medias, reached, clock }),
    recordings: new Recordings({
      access,
      recordings: new RecordingAccess({ facts, medias, clock }),
      turn: (phone, recording) => takeRecordingTurn({ state, log }, phone, recording),
      medias,
      reached,
      facts,
      clock,
    }),
    authenticator: new Authenticator(credentials, config.apiKey),
    failures: new AuthFailures(clock),
    signalCounts: signalCounts(metrics),
    iceServers: (viewer: string): readonly protocol.IceServer[] => [
      ...config.iceServers,
      ...(config.turn === undefined ? [] : [turnServer(config.turn, viewer, clock.now())]),
    ],
    door,
    whep: new Whep({
      door,
      signer,
      viewers,
      medias,
      reached,
      facts,
      feeds: feedFinder,
      feedTokens: ofFeeds.tokens,
      clock,
    }),
    feeds: new Feeds({ ...ofFeeds, access, publicUrl: config.publicUrl }),
    whip: new Whip({ ...ofFeeds, reached, facts, counted: whipCount(metrics), log }),
    dialer: new MediaDialer({ open: poolDialer(medias), facts, reached, clock }),
    closeClients: (): void => {
      lanes.close();
      for (const pool of [hosts, sessionPool, medias, inputPool]) pool.close();
    },
  };
}
