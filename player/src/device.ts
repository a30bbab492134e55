import { detectDevice, Device, type types } from 'mediasoup-client';
import { Chrome111 } from 'mediasoup-client/handlers/Chrome111';
import { Firefox120 } from 'mediasoup-client/handlers/Firefox120';
import { Safari12 } from 'mediasoup-client/handlers/Safari12';
import { decodesPicture } from './decodes.js';

/** mediasoup-client's handlers of today's browsers. */
const handlers: Readonly<
  Record<string, { createFactory(options: object): types.HandlerFactory } | undefined>
> = { Chrome111, Firefox120, Safari12 };

/** Of this browser; undefined until asked for, or when mediasoup-client shall choose by itself. */
let known: types.HandlerFactory | undefined;

/**
 * Asks the browser what it can decode. That takes a peer connection of its own and some tens of milliseconds, and does not
 * change while the page lives: it is done once, while the farm is still being connected.
 */
export function prepareDevice(): void {
  const handler = handlers[detectDevice() ?? ''];
  if (known !== undefined || handler === undefined) return;
  const factory = handler.createFactory({});
  const receives = factory.getNativeRtpCapabilities({ direction: 'recvonly' });
  // Whoever needs it hears of the failure; the next connection asks again. So it does when the picture's codec is not there: Firefox
  // gets it while the page lives.
  const forget = (): void => void (known = undefined);
  receives.then((capabilities) => (decodesPicture(capabilities) ? undefined : forget()), forget);
  // No picture is ever sent to a farm, so what could be sent is not asked for.
  known = {
    name: factory.name,
    factory: (options) => probesLast(factory.factory(options)),
    getNativeRtpCapabilities: () => receives,
  };
}

/**
 * mediasoup-client negotiates a second time, for the worker's bandwidth probes, right behind the first picture: in the browser
 * that goes before its own ICE and DTLS and holds them up. Probes can wait until those are done.
 */
function probesLast(handler: types.HandlerInterface): types.HandlerInterface {
  const over = new Promise<void>((resolve) => {
    handler.on('@connectionstatechange', (state) => {
      if (state === 'connected' || state === 'failed') resolve();
    });
    handler.once('@close', resolve);
  });
  const receive = handler.receive.bind(handler);
  handler.receive = async (list) => {
    if (list.every(({ trackId }) => trackId === 'probator')) await over;
    return receive(list);
  };
  return handler;
}

/** Errors: UnsupportedError in a browser that mediasoup-client does not know. */
export function createDevice(): Device {
  return known === undefined ? new Device() : new Device({ handlerFactory: known });
}
