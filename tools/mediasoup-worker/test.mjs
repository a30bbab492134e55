// SPDX-License-Identifier: Apache-2.0
// Proves that the worker of build.sh shakes hands over DTLS, which is where an unfixed one crashes: openssl is the other side,
// once as server and once as client; that OpenSSL's ciphers make libsrtp's packets (srtp-test.c), and that
// sessions forget senders that they know by RTCP alone (senders-test.cpp). Prints "N passed, N failed".
//
//   usage: node tools/mediasoup-worker/test.mjs      (node_modules installed, openssl and cc there)
import { execFileSync, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { createWorker } from 'mediasoup';

const DEADLINE_MS = 60_000;
const directory = mkdtempSync(join(tmpdir(), 'mediasoup-worker-test.'));
const key = join(directory, 'key.pem');
const certificate = join(directory, 'cert.pem');

// An ICE connectivity check of the controlling side that nominates at once (RFC 8445 §7.1; RFC 8489 §14.5, §14.7).
function bindingRequest({ usernameFragment, password }) {
  const attribute = (type, value) => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(value.length, 2);
    return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
  };
  const attributes = [
    attribute(0x0006, Buffer.from(`${usernameFragment}:test`)), // USERNAME
    attribute(0x0024, Buffer.from([0x6e, 0xff, 0xff, 0xff])), // PRIORITY
    attribute(0x802a, randomBytes(8)), // ICE-CONTROLLING
    attribute(0x0025, Buffer.alloc(0)), // USE-CANDIDATE
  ];
  const transaction = randomBytes(12);
  // The length in the head counts up to and with the attribute that is being computed.
  const message = (extra) => {
    const body = Buffer.concat(attributes);
    const head = Buffer.alloc(8);
    head.writeUInt16BE(0x0001, 0);
    head.writeUInt16BE(body.length + extra, 2);
    head.writeUInt32BE(0x2112a442, 4);
    return Buffer.concat([head, transaction, body]);
  };
  attributes.push(attribute(0x0008, createHmac('sha1', password).update(message(24)).digest())); // MESSAGE-INTEGRITY
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(message(8)) ^ 0x5354554e) >>> 0);
  attributes.push(attribute(0x8028, fingerprint)); // FINGERPRINT
  return message(0);
}

const isDtls = (packet) => packet[0] >= 20 && packet[0] <= 63; // RFC 7983

// One handshake; `openssl` is 'server' or 'client'. Resolves to the transport's last DTLS state.
async function shakeHands(router, webRtcServer, openssl) {
  const transport = await router.createWebRtcTransport({ webRtcServer, enableSctp: true });
  const output = execFileSync('openssl', ['x509', '-in', certificate, '-noout', '-fingerprint', '-sha256']);
  const value = output.toString().trim().split('=')[1];
  const peer = createSocket('udp4'); // towards the worker: what ICE knows as the remote candidate
  const relay = createSocket('udp4'); // towards openssl
  const { port } = transport.iceCandidates.find((candidate) => candidate.protocol === 'udp');
  let child;
  try {
    for (const socket of [peer, relay]) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    const profiles = 'SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80';
    const common = ['-dtls1_2', '-cert', certificate, '-key', key, '-use_srtp', profiles];
    let opensslPort;
    if (openssl === 'server') {
      const free = createSocket('udp4').bind(0, '127.0.0.1');
      await once(free, 'listening');
      opensslPort = free.address().port;
      free.close();
      // -Verify asks for the worker's certificate, as browsers do.
      child = spawn('openssl', [
        's_server',
        ...common,
        '-accept',
        `127.0.0.1:${opensslPort}`,
        '-Verify',
        '1',
      ]);
      await once(child.stdout, 'data'); // it says ACCEPT
    }
    peer.on('message', (packet) => {
      if (isDtls(packet) && opensslPort !== undefined) relay.send(packet, opensslPort, '127.0.0.1');
    });
    relay.on('message', (packet, from) => {
      opensslPort = from.port;
      peer.send(packet, port, '127.0.0.1');
    });

    const settled = new Promise((resolve) => {
      const timer = setTimeout(
        () => resolve(`still ${transport.dtlsState} after ${DEADLINE_MS} ms`),
        DEADLINE_MS,
      );
      const settle = (state) => {
        if (state === 'new' || state === 'connecting') return;
        clearTimeout(timer);
        resolve(state);
      };
      transport.on('dtlsstatechange', settle);
      transport.on('routerclose', () => settle('worker died'));
    });
    await transport.connect({
      dtlsParameters: { role: openssl, fingerprints: [{ algorithm: 'sha-256', value }] },
    });
    const connected = once(transport, 'icestatechange');
    peer.send(bindingRequest(transport.iceParameters), port, '127.0.0.1');
    await connected;
    if (openssl === 'client') {
      child = spawn('openssl', ['s_client', ...common, '-connect', `127.0.0.1:${relay.address().port}`]);
    }
    return await settled;
  } finally {
    child?.kill();
    peer.close();
    relay.close();
    if (!transport.closed) transport.close();
  }
}

const workerBin = execFileSync(join(import.meta.dirname, 'build.sh'), {
  stdio: ['ignore', 'pipe', 'inherit'],
})
  .toString()
  .trim();
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=test'];
execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
let passed = 0;
let failed = 0;
for (const openssl of ['server', 'client']) {
  // A worker each: a crashed one must not fail the other case too.
  const worker = await createWorker({ workerBin, logLevel: 'error' });
  worker.on('died', (error) => console.log(`worker: ${error.message}`));
  const webRtcServer = await worker.createWebRtcServer({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  });
  const router = await worker.createRouter({ mediaCodecs: [] });
  const state = await shakeHands(router, webRtcServer, openssl);
  if (state === 'connected') passed += 1;
  else {
    failed += 1;
    console.log(`FAILED: with openssl as ${openssl}: ${state}`);
  }
  worker.close();
}
// What each is built of, beside libsrtp and OpenSSL.
const programs = {
  'srtp-test': ['srtp-test.c', 'shim/srtp2_openssl.c'],
  'senders-test': ['senders-test.cpp', 'shim/srtp3_over_srtp2.cpp', 'shim/srtp2_openssl.c'],
};
for (const [name, sources] of Object.entries(programs)) {
  const program = join(directory, name);
  try {
    const objects = sources.map((source) => {
      const object = join(directory, `${basename(source)}.o`);
      const [command, ...options] = source.endsWith('.cpp') ? ['c++', '-std=c++20'] : ['cc'];
      const file = join(import.meta.dirname, source);
      execFileSync(command, [...options, '-O2', '-c', '-o', object, file], { stdio: 'inherit' });
      return object;
    });
    execFileSync('c++', ['-o', program, ...objects, '-lsrtp2', '-lcrypto'], { stdio: 'inherit' });
    execFileSync(program, { stdio: 'inherit' });
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${name}: ${error.message}`);
  }
}
rmSync(directory, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
