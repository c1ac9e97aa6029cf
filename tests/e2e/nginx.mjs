// SPDX-License-Identifier: MIT
/*
 * A real nginx with WebDAV's PUT and DELETE (ngx_http_dav_module), as a
 * process and a configuration of the test's own. It listens on a socket in a
 * folder, and we at a port that the kernel chooses, which nginx cannot.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync }
  from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Child, newFolder } from './child.mjs';

/* Takes what is pushed, with a password. */
const origin = (folder) => `
  server {
    listen unix:${folder}/socket;
    root ${folder}/www;
    client_max_body_size 64m;
    location /live/ {
      dav_methods PUT DELETE;
      create_full_put_path on;
      limit_except GET {
        auth_basic origin;
        auth_basic_user_file ${folder}/users;
      }
    }
  }
`;

/*
 * In front of a relay, as docs/deploy.md has it; and all viewers share one
 * connection to it, which is the worst that can be. What is at /metrics is
 * not for them.
 */
export const frontOf = (port) => (folder) => `
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream relay { server 127.0.0.1:${port}; keepalive 1; }
  server {
    listen unix:${folder}/socket;
    location /metrics { return 410; }
    location / {
      proxy_pass http://relay;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_buffering off;
      proxy_read_timeout 90s;
    }
  }
`;

const config = (folder, servers) => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 256; }
http {
  log_format passed_on '$request $upstream_status';
  access_log ${folder}/access.log passed_on;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  types { application/vnd.apple.mpegurl m3u8; video/mp4 mp4 m4s; }
${servers}
}
`;

export class Nginx {
  /* `servers`: what it is to be, in its own words, of a folder. */
  static async start(servers = origin) {
    const nginx = new Nginx();
    nginx.folder = newFolder();
    mkdirSync(join(nginx.folder, 'www'));
    writeFileSync(join(nginx.folder, 'users'), 'cam:{PLAIN}passw0rd\n');
    writeFileSync(join(nginx.folder, 'nginx.conf'), config(
      nginx.folder, servers(nginx.folder)));
    await nginx.begin();
    nginx.open = new Set();
    nginx.away = false;
    nginx.server = createServer((near) => nginx.forward(near));
    await new Promise((done) => { nginx.server.listen(0, '127.0.0.1', done); });
    nginx.port = nginx.server.address().port;
    return nginx;
  }

  async begin() {
    const command = ['/usr/sbin/nginx', '/usr/local/sbin/nginx']
      .find((path) => existsSync(path)) ?? 'nginx';
    this.child = new Child(command, ['-p', this.folder, '-c',
      join(this.folder, 'nginx.conf'), '-e', 'stderr']);
    for (let i = 0; i < 100 && !existsSync(join(this.folder, 'socket')); i++)
      await sleep(50);
  }

  forward(near) {
    if (this.away) {
      near.destroy();
      return;
    }
    const far = connect(join(this.folder, 'socket'));
    this.open.add(near);
    near.pipe(far);
    far.pipe(near);
    for (const [a, b] of [[near, far], [far, near]]) {
      a.on('error', () => b.destroy());
      a.on('close', () => b.destroy());
    }
    near.on('close', () => this.open.delete(near));
  }

  /* As if it were down, or back. */
  setAway(away) {
    this.away = away;
    if (away)
      for (const socket of this.open)
        socket.destroy();
  }

  get url() {
    return `http://127.0.0.1:${this.port}/live/porch/`;
  }

  /* Its requests as they came, and what was answered where they went. */
  seen() {
    return readFileSync(join(this.folder, 'access.log'), 'latin1')
      .split('\n').filter(Boolean);
  }

  /* The names of all that lies where cameras push. */
  files() {
    const folder = join(this.folder, 'www/live/porch');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  async finish() {
    this.server.close();
    await this.child.stop();
  }
}
