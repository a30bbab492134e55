import {
  CreateFeedRequest,
  CreateGroupRequest,
  CreateMacroRequest,
  CreateViewerRequest,
  PlayMacroRequest,
  StartPushRequest,
  UpdateGroupRequest,
  UpdateMacroRequest,
} from '@ancloud/contracts/gateway/v1/gateway';
import { Role } from '@ancloud/contracts/common/v1/common';
import { MacroRunState } from '@ancloud/contracts/input/v1/macro';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, NotYet } from '../harness/eventually.js';
import { Farm, type Phone } from '../harness/farm.js';
import { partnerOf, refused } from '../harness/grpc-partner.js';
import { RogueViewer } from '../harness/rogue-viewer.js';

// The calls about a phone that runs, as a program in any language makes them: what it leaves out arrives as proto3's zero, which has to mean
// the default. REST has the same calls; there a value that is left out is none.

const farm = new Farm(inject('farm'));
const client = partnerOf(farm);
let phoneId: string;
let other: string;
const phones: Phone[] = [];

beforeAll(async () => {
  for (let i = 0; i < 2; i++) phones.push(await farm.create());
  [phoneId = '', other = ''] = phones.map((phone) => phone.phoneId);
  for (const phone of phones) await farm.viewable(phone.phoneId);
});
afterAll(async () => {
  client.close();
  for (const phone of phones) await farm.delete(phone.phoneId);
});

const NONE = 'ph_none';
const at = { x: 0.5, y: 0.5 };

it('viewers: made, listed and revoked', async () => {
  const made = await client.createViewer(CreateViewerRequest.fromPartial({ phoneId, role: Role.ROLE_WATCH }));
  expect(made.token).toMatch(/\w{20}/);
  expect(made.signalUrl).toMatch(/^wss?:/);
  expect(made.expiresAtMs).toBeGreaterThan(Date.now());
  expect((await client.listViewers({ phoneId })).viewers).toEqual([
    expect.objectContaining({
      viewerId: made.viewerId,
      role: Role.ROLE_WATCH,
      connected: false,
      layer: '',
      name: '',
    }),
  ]);
  expect(await client.revokeViewer({ viewerId: made.viewerId })).toMatchObject({
    viewerId: made.viewerId,
    phoneId,
    heldControl: false,
    fence: 0,
    controlEnded: true,
    pictureEnded: true,
  });
  await refused(
    () => client.createViewer(CreateViewerRequest.fromPartial({ phoneId })),
    'INVALID_ARGUMENT',
    'role',
  );
  await refused(() => client.listViewers({ phoneId: NONE }), 'PHONE_NOT_FOUND', 'phoneId');
  await refused(() => client.revokeViewer({ viewerId: 'vw_none' }), 'VIEWER_NOT_FOUND', 'viewerId');
});

it('groups: made, listed, shown, changed and removed', async () => {
  const create = (masterId: string) =>
    client.createGroup(CreateGroupRequest.fromPartial({ masterId, phoneIds: [other] }));
  const groupId = (await create(phoneId)).record?.groupId ?? '';
  expect((await client.listGroups({})).groups.map(({ record }) => record?.groupId)).toEqual([groupId]);
  await eventually(async () => {
    const { members, record } = await client.getGroup({ groupId });
    expect(record).toMatchObject({ name: '', viewerId: '', masterId: phoneId, exclude: [] });
    if (members.map((member) => member.phoneId).join() !== other) throw new NotYet(JSON.stringify(members));
  });
  const update = (jitter: object, more: { readonly revision?: number } = {}) =>
    client.updateGroup(UpdateGroupRequest.fromPartial({ groupId, jitter, ...more }));
  expect(await update({ delayMs: 10 })).toMatchObject({
    record: { jitter: { placePermille: 0, delayMs: 10 }, phoneIds: [other] },
  });
  await refused(() => create(NONE), 'PHONE_NOT_FOUND', 'masterId');
  await refused(() => update({ delayMs: 2_001 }), 'INVALID_ARGUMENT', 'jitter.delayMs');
  await refused(() => update({ delayMs: 20 }, { revision: 1 }), 'GROUP_CHANGED', 'revision');
  expect(await client.deleteGroup({ groupId })).toEqual({});
  await refused(() => client.getGroup({ groupId }), 'GROUP_NOT_FOUND', 'groupId');
  await refused(() => client.deleteGroup({ groupId }), 'GROUP_NOT_FOUND', 'groupId');
});

describe('macros', () => {
  const tap = { step: { $case: 'input', value: { input: { $case: 'tap', value: { at } } } } } as const;
  const macro = (...steps: object[]) => PlayMacroRequest.fromPartial({ phoneId, macro: { steps } });
  const play = (request: PlayMacroRequest) => client.playMacro(request);

  it('are kept, listed, changed and forgotten', async () => {
    const create = (name: string) =>
      client.createMacro(CreateMacroRequest.fromPartial({ name, macro: { steps: [tap] } }));
    const { macroId } = await create('one');
    expect((await client.listMacros({})).macros).toContainEqual(
      expect.objectContaining({ macroId, name: 'one', macro: undefined }),
    );
    expect(await client.getMacro({ macroId })).toMatchObject({
      name: 'one',
      macro: { steps: [{ afterMs: 0 }] },
    });
    // Absent steps stay.
    expect(await client.updateMacro(UpdateMacroRequest.fromPartial({ macroId, name: 'two' }))).toMatchObject({
      name: 'two',
      macro: { steps: [{ afterMs: 0 }] },
    });
    const late = UpdateMacroRequest.fromPartial({ macroId, name: 'three', revision: 1 });
    await refused(() => client.updateMacro(late), 'MACRO_CHANGED', 'revision');
    await refused(() => create(''), 'INVALID_ARGUMENT', 'name');
    await refused(
      () => client.updateMacro(UpdateMacroRequest.fromPartial({ macroId, macro: {} })),
      'INVALID_ARGUMENT',
      'steps',
    );
    expect(await client.deleteMacro({ macroId })).toEqual({});
    await refused(() => client.getMacro({ macroId }), 'MACRO_NOT_FOUND', 'macroId');
    await refused(() => client.deleteMacro({ macroId }), 'MACRO_NOT_FOUND', 'macroId');
  });

  it('are played once, at their own speed, with steps and without being kept; what is played is told and stopped', async () => {
    await play(macro(tap));
    const done = await eventually(async () => {
      const { run } = await client.getMacroState({ phoneId });
      if (run === undefined || run.endedAtMs === 0) throw new NotYet(JSON.stringify(run));
      return run;
    });
    expect(done).toMatchObject({
      state: MacroRunState.MACRO_RUN_STATE_DONE,
      loops: 1,
      loopsDone: 1,
      macroId: '',
    });
    await play(macro(tap, { ...tap, afterMs: 60_000 }));
    await refused(() => play(macro(tap)), 'MACRO_BUSY', 'phoneId');
    expect((await client.stopMacro({ phoneId })).run).toMatchObject({ phoneId });
    await refused(() => client.stopMacro({ phoneId }), 'MACRO_NOT_FOUND', 'phoneId');
    await refused(() => play(macro()), 'INVALID_ARGUMENT', 'steps');
    await refused(() => client.getMacroState({ phoneId: NONE }), 'PHONE_NOT_FOUND', 'phoneId');
  });

  it('are recorded, and kept or not', async () => {
    expect((await client.recordMacro({ phoneId })).recording).toMatchObject({ steps: 0 });
    // By a viewer's hands: what programs do is not recorded.
    const viewer = await RogueViewer.join(farm, phoneId);
    try {
      await viewer.openChannels();
      await eventually(async () => {
        await viewer.touch();
        const { recording } = await client.getMacroState({ phoneId });
        if ((recording?.steps ?? 0) === 0) throw new NotYet(JSON.stringify(recording));
      });
    } finally {
      await viewer.close();
    }
    const { macroId, macro: kept } = await client.saveMacro({ phoneId, name: 'recorded' });
    expect(kept?.steps.length).toBeGreaterThan(0);
    await client.deleteMacro({ macroId });
    await client.recordMacro({ phoneId });
    expect((await client.discardMacro({ phoneId })).recording).toBeUndefined();
    await refused(() => client.recordMacro({ phoneId: NONE }), 'PHONE_NOT_FOUND', 'phoneId');
    await refused(() => client.saveMacro({ phoneId, name: 'nothing' }), 'MACRO_NOT_FOUND', 'phoneId');
    await refused(() => client.discardMacro({ phoneId }), 'MACRO_NOT_FOUND', 'phoneId');
  });
});

it('recordings: begun, listed, ended, read by parts and removed', async () => {
  const { recordingId } = await client.startRecording({ phoneId });
  await refused(() => client.startRecording({ phoneId }), 'RECORDING_RUNNING', 'recordingId');
  await eventually(async () => {
    const { files } = await client.getRecording({ recordingId });
    if ((files[0]?.frames ?? 0) < 1) throw new NotYet(JSON.stringify(files));
  });
  const [file] = (await client.stopRecording({ recordingId })).files;
  if (file === undefined) throw new Error('it has no file');
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    for await (const { data } of client.readRecording({ recordingId, index: file.index, offset, length }))
      parts.push(data);
    return Buffer.concat(parts);
  };
  expect(await read(0, 0)).toHaveLength(file.size);
  expect((await read(4, 4)).toString()).toBe('ftyp');
  await refused(() => read(file.size + 1, 0), 'RANGE_INVALID', 'range');
  const listed = async (of: string): Promise<string[]> =>
    (await client.listRecordings({ phoneId: of })).recordings.map((one) => one.recordingId);
  expect(await listed('')).toContain(recordingId);
  expect(await listed(phoneId)).toEqual([recordingId]);
  expect(await client.deleteRecording({ recordingId })).toEqual({});
  for (const call of ['getRecording', 'stopRecording', 'deleteRecording'] as const)
    await refused(() => client[call]({ recordingId }), 'RECORDING_NOT_FOUND', 'recordingId');
});

it('feeds: made, listed while somebody sends, and ended', async () => {
  const feed = await client.createFeed(CreateFeedRequest.fromPartial({ phoneId }));
  expect(feed.whipUrl).toMatch(/^https?:/);
  // The default of an hour.
  expect(feed.expiresAtMs - Date.now()).toBeGreaterThan(3_000_000);
  expect(await client.listFeeds({ phoneId: '' })).toEqual({ feeds: [] });
  expect(await client.endFeed({ feedId: feed.feedId })).toEqual({});
  await refused(() => client.createFeed({ phoneId, ttlSeconds: 9 }), 'INVALID_ARGUMENT', 'ttlSeconds');
  await refused(() => client.endFeed({ feedId: 'fe_none' }), 'FEED_NOT_FOUND', 'feedId');
});

it('pushes: begun, listed and ended', async () => {
  const start = (url: string) => client.startPush(StartPushRequest.fromPartial({ phoneId, url }));
  // Nobody listens there: it says so, and tries again.
  const { pushId } = await start('rtmp://127.0.0.1:9/live/key');
  for (const of of ['', phoneId])
    expect((await client.listPushes({ phoneId: of })).pushes).toEqual([expect.objectContaining({ pushId })]);
  expect(await client.stopPush({ pushId })).toMatchObject({ pushId, phoneId });
  await refused(() => start('ftp://127.0.0.1/live'), 'INVALID_ARGUMENT', 'url');
  await refused(() => start('rtmp://127.0.0.2/live/key'), 'DESTINATION_REFUSED', 'url');
  await refused(() => client.stopPush({ pushId: 'pu_none' }), 'PUSH_NOT_FOUND', 'pushId');
});

it('the ICE self-test: its findings', async () => {
  const { findings } = await client.testIce({});
  expect(findings.length).toBeGreaterThan(0);
  for (const { code } of findings) expect(code).not.toBe('');
});
