import { Refused, type Route } from './mock-route.ts';

const WELL = {
  level: 'ok',
  code: 'UDP_ANSWERED',
  by: 'media-1',
  tried: 'a STUN binding request to 203.0.113.9:40000 by UDP',
  got: 'an answer after 0.4 ms',
  fix: '',
};
const NO_TURN = {
  level: 'warn',
  code: 'TURN_NONE',
  by: 'media-1',
  tried: 'the TURN servers that viewers are told',
  got: 'there is none',
  fix: 'set ANCLOUD_TURN_URLS for viewers whose networks let no UDP through',
};
const SILENT = {
  level: 'fail',
  code: 'UDP_SILENT',
  by: 'media-1',
  tried: 'a STUN binding request to 203.0.113.9:40001 by UDP',
  got: 'nothing within 5 s, though the worker answers on its own address',
  fix: 'open UDP port 40001 of 203.0.113.9',
};

/** The first self-test of a pretended farm finds a closed port, the second that it was opened, the third is not answered. */
export function iceRoutes(): readonly Route[] {
  let runs = 0;
  return [
    [
      'GET',
      /^\/v1\/ice\/self-test$/,
      () => {
        runs += 1;
        if (runs > 2)
          throw new Refused(503, 'UNAVAILABLE', 'no media-svc answers', 'look at ./ancloud status');
        return runs === 1
          ? { ok: false, findings: [WELL, NO_TURN, SILENT] }
          : { ok: true, findings: [WELL, NO_TURN] };
      },
    ],
  ];
}
