import { UPLOADED } from './noting-gateway.js';

/** What the runs read, by name. */
export const FILES: Readonly<Record<string, string>> = {
  bytes: UPLOADED,
  'macro.json': '{"name":"m","steps":[],"revision":1}',
  'gesture.json': '{"strokes":[],"repeat":1}',
  'gamepad.json': '{"moments":[],"repeat":1}',
};

const SPEC = [
  '--image sha256:1 --dpi 320 --cpu 1000 --cpu-weight 100 --memory 512 --swap 0 --pids 512 --io-weight 100 --disk 64',
  '--ports 20001:5555 --egress 0 --egress-allow any --bit-rate 4000000 --fps 60 --screen-fps 60 --idle-pause 5 --gamepad',
  '--label a=b --boot-property a=b',
].join(' ');

/** Command lines that together say all that the CLI can ask of the API, beside a folder with `FILES`. */
export const RUNS: readonly string[] = [
  'link',
  'status',
  'drain h1',
  'undrain h1',
  'doctor --ice',
  'image ls',
  'image import FOLDER/bytes --profile stock --name n --host h1 --upload --sha256 SHA256',
  'image rm sha256:1 --host h1',
  `phone create --name n --size 720x1280 --picture-size 640 --no-wait ${SPEC}`,
  'phone create',
  'phone ls',
  'phone show ph_1',
  `phone set ph_1 --display 720x1280 --size 640 --allow-profile-change ${SPEC}`,
  'phone set ph_1 --no-gamepad',
  'phone start ph_1',
  'phone stop ph_1',
  'phone reboot ph_1',
  'phone reset ph_1',
  'phone pause ph_1',
  'phone resume ph_1',
  'phone rm ph_1 --force',
  'phone open ph_1',
  'phone share ph_1 --role control --ttl 60 --name n --region r --layer low',
  'phone shell ph_1 id',
  'phone screenshot ph_1 FOLDER/picture',
  'phone install ph_1 FOLDER/bytes',
  'phone log ph_1 --tail 10',
  'phone snapshot ph_1 --name n',
  'phone restore ph_1 sn_1',
  'phone clone sn_1 --name n --no-wait',
  'snapshot ls',
  'snapshot export sn_1 FOLDER/archive',
  'snapshot import FOLDER/bytes --name n --host h1',
  'snapshot rm sn_1',
  'group create ph_1 ph_2 --name n --label a=b --exclude ph_2 --viewer vw_1 --jitter-place 0.1 --jitter-delay 5',
  'group ls',
  'group show gr_1',
  'group add gr_1 ph_2',
  'group remove gr_1 ph_1',
  'group rename gr_1 n',
  'group exclude gr_1 ph_1',
  'group jitter gr_1 0.1 5',
  'group rm gr_1',
  'macro record ph_1',
  'macro save ph_1 n',
  'macro discard ph_1',
  'macro ls',
  'macro show mc_1',
  'macro put FOLDER/macro.json',
  'macro put FOLDER/macro.json --macro mc_1',
  'macro rm mc_1',
  'macro run mc_1 ph_1 --speed 1 --loops 1 --timeout 60 --take-over',
  'macro run FOLDER/macro.json ph_1 --no-wait',
  'macro status ph_1',
  'macro stop ph_1',
  'operation show op_1',
  'operation wait op_1',
  'events',
  'phone record start ph_1',
  'phone record stop ph_1',
  'recording ls --phone ph_1',
  'recording get rec_1 FOLDER',
  'recording rm rec_1',
  'phone push ph_1',
  'push ls --phone ph_1',
  'push rm pu_1',
  'phone feed ph_1 --ttl 60',
  'phone whep ph_1 --ttl 60 --feed fd_1 --low --name n --region r',
  'phone whep ph_1 --main',
  'feed ls --phone ph_1',
  'feed rm fd_1',
  'phone viewers ph_1',
  'phone revoke vw_1',
  'phone control ph_1',
  'phone control ph_1 --give vw_1',
  'phone control ph_1 --take',
  'phone audit ph_1 --limit 10',
  'phone tap ph_1 0.5 0.5 --duration 60 --take-over',
  'phone swipe ph_1 0.1 0.1 0.9 0.9 --duration 60 --curve ease --take-over',
  'phone text ph_1 words --method type --take-over',
  'phone key ph_1 home --stroke press --meta 0 --take-over',
  'phone gesture ph_1 FOLDER/gesture.json --take-over',
  'phone gamepad ph_1 FOLDER/gamepad.json',
  'phone gamepad ph_1 --press a --duration 60 --take-over',
  'phone clipboard ph_1',
  'phone clipboard ph_1 words --take-over',
  'phone wheel ph_1 0.5 0.5 --up 1 --right 1 --take-over',
  'phone action ph_1 startApp com.example --take-over',
];

/** Exit codes of runs that end otherwise than by 0, and why. */
export const CODES: Readonly<Record<string, number>> = {
  // It goes on until its connection ends, as that of this gateway does at once.
  events: 75,
};

/** Commands that are not run here, and why. */
export const COMMANDS_ASIDE: Readonly<Record<string, string>> = {
  up: 'starts the services of this machine',
  down: 'ends them',
  supervise: 'runs them',
  host: 'runs those of a container',
  'farm-config': 'writes files',
  logs: 'reads files',
  test: 'runs tests, on farms of their own',
  bench: 'runs measurements, on farms of their own',
};

/** Routes that no command asks for, and why. */
export const ROUTES_ASIDE: Readonly<Record<string, string>> = {
  signal: 'for viewers, who have tokens and no key',
  signIn: 'cookies are for browsers',
  signOut: 'cookies are for browsers',
  me: 'tells a page whether it is signed in',
  getUpload: 'asked for when an upload breaks off, which none does here',
  healthz: 'for whoever keeps the gateway alive',
  readyz: 'for whoever keeps the gateway alive',
  openapi: 'for makers of clients',
};
/** Protocols of their own: commands give addresses and tokens to players and publishers, who speak them. */
export const STANDARDS = /^\/v1\/wh[ei]p/;

/** What no command says, by route, and why. */
export const FIELDS_ASIDE: Readonly<Record<string, string>> = {
  'screenshot maxAgeMs': 'for walls of pictures; who types a command wants a new one',
  'importImage path': 'short for one source',
};
