// Sends messages into rooms and reads them back through /sync.
//
//   k6 run -e BASE_URL=http://127.0.0.1:8008 load-tests/send.js
//
// The server must let anybody register and not limit rates: ./run --registration open --rate-limit off
import http from 'k6/http';
import { check } from 'k6';
import { Trend } from 'k6/metrics';

const base = __ENV.BASE_URL || 'http://127.0.0.1:8008';
const sends = new Trend('send_ms', true);

export const options = {
  scenarios: {
    send: { executor: 'constant-vus', vus: Number(__ENV.VUS || 16), duration: __ENV.DURATION || '30s' },
  },
  thresholds: {
    checks: ['rate>0.999'],
    send_ms: ['p(99)<500'],
  },
};

function call(method, path, body, token) {
  const headers = { 'Content-Type': 'application/json' };
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  return http.request(method, base + path, body === undefined ? null : JSON.stringify(body), { headers });
}

function register(name) {
  const first = call('POST', '/_matrix/client/v3/register', { username: name, password: `pw-${name}` });
  const auth = { type: 'm.login.dummy', session: first.json('session') };
  return call('POST', '/_matrix/client/v3/register', { username: name, password: `pw-${name}`, auth }).json('access_token');
}

let me;

export default function () {
  if (!me) {
    const token = register(`load-${__VU}-${Date.now()}`);
    const room = call('POST', '/_matrix/client/v3/createRoom', { preset: 'private_chat' }, token).json('room_id');
    me = { token, room, since: call('GET', '/_matrix/client/v3/sync', undefined, token).json('next_batch') };
  }
  const txn = `${Date.now()}-${__ITER}`;
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(me.room)}/send/m.room.message/${txn}`;
  const sent = call('PUT', path, { msgtype: 'm.text', body: `message ${__ITER}` }, me.token);
  sends.add(sent.timings.duration);
  check(sent, { 'send answers 200': (r) => r.status === 200 });
  const sync = call('GET', `/_matrix/client/v3/sync?since=${me.since}&timeout=5000`, undefined, me.token);
  check(sync, {
    'sync has the event': (r) => JSON.stringify(r.json(`rooms.join`)).includes(sent.json('event_id')),
  });
  me.since = sync.json('next_batch');
}
