// SPDX-License-Identifier: MIT
/*
 * A real nginx with WebDAV's PUT and DELETE (ngx_http_dav_module), as a
 * process and a configuration of the test's own. It listens on a socket in a
 * folder, and we at a port that the kernel chooses, which nginx cannot.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Child, newFolder } from './child.mjs';

const config = (folder) => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 256; }
http {
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  types { application/vnd.apple.mpegurl m3u8; video/mp4 mp4 m4s; }
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
}
`;

export class Nginx {
  static async start() {
    const nginx = new Nginx();
    nginx.folder = newFolder();
    mkdirSync(join(nginx.folder, 'www'));
    writeFileSync(join(nginx.folder, 'users'), 'cam:{PLAIN}passw0rd\n');
    writeFileSync(join(nginx.folder, 'nginx.conf'), config(nginx.folder));
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
