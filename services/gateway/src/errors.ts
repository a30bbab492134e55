import { AppError } from '@ancloud/kit';

/** The gateway's sentences for what several verbs refuse, so that the same thing is said in the same words everywhere. */
/** @param field as the caller spelled it. */
export const phoneNotFound = (phoneId: string, field = 'phoneId'): AppError =>
  new AppError('PHONE_NOT_FOUND', `there is no phone '${phoneId}'`, {
    field,
    value: phoneId,
    fix: 'list those there are: GET /v1/phones, or ./ancloud phone ls',
  });

export const phoneDeleting = (phoneId: string): AppError =>
  new AppError('PHONE_DELETING', `phone ${phoneId} is being deleted`, {
    field: 'phoneId',
    value: phoneId,
    fix: 'create another phone',
  });

export const phoneNotRunning = (phoneId: string): AppError =>
  new AppError('PHONE_NOT_RUNNING', `phone ${phoneId} is not wanted to run`, {
    field: 'phoneId',
    value: phoneId,
    fix: 'start the phone first',
  });

export const phoneNotStill = (phoneId: string): AppError =>
  new AppError('PHONE_NOT_STILL', `phone ${phoneId} is wanted to run`, {
    field: 'phoneId',
    value: phoneId,
    fix: 'stop or pause the phone first',
  });

export const gamepadUnavailable = (why: string): AppError =>
  new AppError('GAMEPAD_UNAVAILABLE', why, {
    field: 'spec.gamepad',
    fix: 'modprobe uinput evdev on a host and restart its container-svc, or do without',
  });

export const phoneChanged = (phoneId: string): AppError =>
  new AppError('FENCED', `another wish for phone ${phoneId} came first`, {
    field: 'phoneId',
    value: phoneId,
    fix: 'look at the phone, and ask again',
  });

export const viewerNotFound = (viewerId: string): AppError =>
  new AppError('VIEWER_NOT_FOUND', `there is no viewer '${viewerId}'`, {
    field: 'viewerId',
    value: viewerId,
    fix: 'list who is there: GET /v1/phones/{id}/viewers, or ./ancloud phone viewers',
  });

export const viewerRevoked = (viewerId: string): AppError =>
  new AppError('VIEWER_REVOKED', "this viewer's right was taken back", {
    field: 'token',
    value: viewerId,
    fix: 'ask the owner of the phone for a new viewer',
  });

export const operationNotFound = (operationId: string): AppError =>
  new AppError('OPERATION_NOT_FOUND', `there is no operation '${operationId}'`, {
    field: 'operationId',
    value: operationId,
    fix: 'operations are kept for a day after they began',
  });

export const invalid = (field: string, value: unknown, message: string, fix?: string): AppError =>
  new AppError('INVALID_ARGUMENT', message, {
    field,
    ...(value === undefined ? {} : { value: typeof value === 'string' ? value : JSON.stringify(value) }),
    ...(fix === undefined ? {} : { fix }),
  });

export const farmRecovering = (): AppError =>
  new AppError('FARM_RECOVERING', 'the farm lost its records and waits for its hosts to report', {
    fix: 'try again in a moment; it takes 60 s at most',
  });
