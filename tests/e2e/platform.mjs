// SPDX-License-Identifier: MIT
/*
 * A platform that runs containers as Cloud Run does, seen from the relay in
 * one: a front that ends TLS, speaks HTTP/2 to browsers and HTTP/1.1 to the
 * instance, cuts WebSockets when they are a certain age, without a word; an
 * instance that exists while there are requests, and in between gets no time
 * and is then stopped; a new revision that takes all new requests while what
 * is open stays with the old one until it ends.
 */
import http from 'node:http';
import http2 from 'node:http2';
import { connect } from 'node:net';

import { Authority } from './certificate.mjs';
import { Relay } from './oriel.mjs';

const LOOK = 50; // ms
/* Of HTTP/1.1 only, RFC 9113 8.2.2. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding',
                    'upgrade', 'proxy-connection', 'http2-settings'];

function headersFor(response) {
  return Object.fromEntries(Object.entries(response.headers)
    .filter(([name]) => !HOP_BY_HOP.includes(name)));
}

class Instance {
  constructor(relay) {
    this.relay = relay;
    this.open = 0; // requests
    this.restsSince = performance.now();
    this.agent = new http.Agent({ keepAlive: true });
    this.frozen = false;
  }

  begin() {
    if (this.open++ === 0 && this.frozen)
      this.freeze(false);
  }

  end() {
    if (--this.open === 0)
      this.restsSince = performance.now();
  }

  /* No time at all, as between requests that are paid for. */
  freeze(frozen) {
    this.frozen = frozen;
    this.relay.child.signal(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async stop() {
    if (this.frozen)
      this.freeze(false);
    this.stopped ??= this.relay.finish();
    await this.stopped;
    this.agent.destroy();
  }
}

export class Platform {
  /*
   * `cutAfter`, ms: WebSockets are cut at that age. `restAfter`, ms: without a
   * request for so long an instance is stopped. `relay`: as Relay takes it.
   */
  static async start({ cutAfter = Infinity, restAfter = Infinity,
                       relay = {} } = {}) {
    const platform = new Platform();

    Object.assign(platform, {
      cutAfter, restAfter, options: relay, authority: new Authority(),
      instance: null, // promise of the one that new requests go to
      instances: [], cuts: 0, publishing: new Set(), sessions: new Set(),
      problems: [],
    });
    platform.template = new Relay(relay); // its keys are all the relays'
    platform.server = http2.createSecureServer(
      { ...platform.authority.read('front'), allowHTTP1: true },
      (request, response) => platform.#request(request, response));
    platform.server.on('upgrade',
      (request, socket, head) => platform.#upgrade(request, socket, head));
    platform.server.on('session', (session) => {
      platform.sessions.add(session);
      session.on('error', () => {});
      session.on('close', () => platform.sessions.delete(session));
    });
    await new Promise((done) => {
      platform.server.listen(0, '127.0.0.1', done);
    });
    platform.port = platform.server.address().port;
    platform.looking = setInterval(() => platform.#look(), LOOK);
    platform.looking.unref();
    return platform;
  }

  /* As a camera wants it. */
  get relay() {
    return { port: this.port, key: (name) => this.template.key(name),
             state: (name) => this.state(name) };
  }

  get url() {
    return `https://127.0.0.1:${this.port}/`;
  }

  /* Of the instance that new requests go to, past the front. */
  async state(camera) {
    return (await this.instance)?.relay.state(camera) ?? { state: 'none' };
  }

  async #launch() {
    const relay = new Relay({ args: ['--drain-s', '5'], ...this.options,
                              secret: this.template.secret });

    relay.env.K_SERVICE = 'oriel'; // it then knows of the front
    await relay.begin();
    const instance = new Instance(relay);
    this.instances.push(instance);
    return instance;
  }

  /* A new revision: nobody is told, and what is open stays where it is. */
  async deploy() {
    const old = await this.instance;

    this.instance = this.#launch();
    await this.instance;
    return old;
  }

  /* There has to be one, for the request that has come: { instance, end() }. */
  async #take() {
    let instance;
    let over = false;

    do {
      this.instance ??= this.#launch();
      instance = await this.instance;
    } while (instance.stopped); // while we waited

    instance.begin();
    return { instance, end: () => {
      if (!over)
        instance.end();
      over = true;
    } };
  }

  /* Between requests no time; after a while, or for an old one, the end. */
  async #look() {
    const newest = await this.instance;

    for (const instance of this.instances) {
      if (instance.open || instance.stopped)
        continue;
      const rests = performance.now() - instance.restsSince;
      if (instance !== newest || rests >= this.restAfter) {
        if (instance === newest)
          this.instance = null;
        instance.stop().catch((error) => this.problems.push(error));
      } else if (Number.isFinite(this.restAfter) && !instance.frozen) {
        instance.freeze(true);
      }
    }
  }

  async #request(request, response) {
    const { instance, end } = await this.#take();
    const headers = Object.fromEntries(Object.entries(request.headers)
      .filter(([name]) => !name.startsWith(':') && !HOP_BY_HOP.includes(name)));

    headers.host = request.headers[':authority'] ?? request.headers.host;
    headers['x-forwarded-for'] = request.socket.remoteAddress;
    headers['x-forwarded-proto'] = 'https';
    const call = http.request({
      port: instance.relay.port, host: '127.0.0.1', agent: instance.agent,
      method: request.method, path: request.url, headers,
    }, (answer) => {
      if (!response.destroyed)
        response.writeHead(answer.statusCode, headersFor(answer));
      answer.pipe(response);
      answer.on('close', end);
    });
    call.on('error', () => {
      end();
      if (!response.destroyed && !response.headersSent)
        response.writeHead(503);
      response.end();
    });
    call.on('close', end);
    response.on('close', () => call.destroy());
    response.on('error', () => {});
    request.pipe(call);
  }

  async #upgrade(request, near, head) {
    const { instance, end } = await this.#take();
    const far = connect(instance.relay.port, '127.0.0.1');
    const lines = [];

    for (let i = 0; i < request.rawHeaders.length; i += 2)
      lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}\r\n`);
    far.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('')}` +
              `X-Forwarded-For: ${near.remoteAddress}\r\n\r\n`);
    far.write(head);
    const link = { instance, since: performance.now(), near, far };
    this.publishing.add(link);
    const timer = Number.isFinite(this.cutAfter) && setTimeout(() => {
      this.cuts++;
      this.#cut(link);
    }, this.cutAfter);
    for (const [a, b] of [[near, far], [far, near]]) {
      a.setNoDelay(true);
      a.pipe(b);
      a.on('error', () => {});
      a.on('close', () => {
        clearTimeout(timer);
        this.publishing.delete(link);
        b.destroy();
        end();
      });
    }
  }

  /* No close frame, and no end of TLS. */
  #cut({ near, far }) {
    near.destroy();
    far.destroy();
  }

  /* All of them, before it is time. */
  cut() {
    for (const link of this.publishing)
      this.#cut(link);
  }

  /* Which instances have a camera. */
  get homes() {
    return new Set([...this.publishing].map(({ instance }) => instance));
  }

  async finish() {
    clearInterval(this.looking);
    this.server.close();
    for (const session of this.sessions)
      session.destroy();
    for (const { near, far } of this.publishing)
      this.#cut({ near, far });
    for (const instance of this.instances)
      await instance.stop();
    if (this.problems.length)
      throw this.problems[0];
  }
}
