// SPDX-License-Identifier: MIT
/*
 * HTTP as a player does it: kept-alive connections, whole bodies, and how long
 * each answer took. Paths are sent as they are given, tricks included.
 */
import http from 'node:http';
import https from 'node:https';
import { gunzipSync } from 'node:zlib';

/*
 * Resolves to { status, headers, body, ms, firstByteMs }; rejects when there
 * is no answer in `timeout` ms. `gzip` asks for it and undoes it.
 */
export function request(agent, url, { method = 'GET', headers = {},
                                      gzip = false, timeout = 15000,
                                      path, body } = {}) {
  const start = performance.now();

  return new Promise((resolve, reject) => {
    const { protocol, hostname, port, pathname, search } = new URL(url);
    const call = (protocol === 'https:' ? https : http).request({
      agent, rejectUnauthorized: false, host: hostname, port, method, path: path ?? pathname + search,
      headers: gzip ? { 'Accept-Encoding': 'gzip', ...headers } : headers,
    }, (response) => {
      const chunks = [];
      let firstByteMs = null;
      response.on('data', (chunk) => {
        firstByteMs ??= performance.now() - start;
        chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const ms = performance.now() - start;
        let bytes = Buffer.concat(chunks);
        if (gzip && response.headers['content-encoding'] === 'gzip')
          bytes = gunzipSync(bytes);
        resolve({ status: response.statusCode, headers: response.headers,
                  body: bytes, ms, firstByteMs: firstByteMs ?? ms });
      });
    });
    call.setTimeout(timeout, () => call.destroy(
      new Error(`no answer from ${url} in ${timeout} ms`)));
    call.on('error', reject);
    call.end(body);
  });
}

/* A viewer's connections to one relay. */
export class Client {
  constructor(base) {
    this.base = base; // ends with a slash
    const { Agent } = base.startsWith('https:') ? https : http;
    this.agent = new Agent({ keepAlive: true, maxSockets: 64 });
  }

  get(path, options) {
    return request(this.agent, new URL(path, this.base).href, options);
  }

  close() {
    this.agent.destroy();
  }
}
