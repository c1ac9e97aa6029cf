// SPDX-License-Identifier: MIT
/*
 * Players other than the page, run without a screen. Each is judged by the
 * frames it has shown (or decoded), which it is asked for or which it logs;
 * the exit code of none says that a picture was seen.
 */
import { existsSync, mkdirSync, chmodSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Child, newFolder } from './child.mjs';

/* VLC and Chromium-like programs refuse root; give them somebody else. */
const NOBODY = 65534;
const isRoot = process.getuid() === 0;

/* They share the machine with what they watch, and must not starve it. */
const NICE = 5;

/* FFmpeg's filter that logs each frame that passes on its way to the screen. */
const SHOWINFO = 'showinfo=checksum=0';

function countFrames(child) {
  return [...child.lines, ...child.output.split('\n')].filter(
    (line) => /showinfo.* n: *\d+ pts:/.test(line)).length;
}

const ffplay = {
  start(url) {
    return new Child('ffplay', ['-hide_banner', '-nostats', '-loglevel', 'info',
                                '-an', '-vf', SHOWINFO, '-i', url], {
      env: { ...process.env, SDL_VIDEODRIVER: 'dummy',
             SDL_AUDIODRIVER: 'dummy', SDL_RENDER_DRIVER: 'software' },
      nice: NICE,
    });
  },
  shown: countFrames,
};

const ffmpeg = {
  start(url) {
    return new Child('ffmpeg', ['-hide_banner', '-nostats', '-loglevel', 'info',
                                '-nostdin', '-re', '-i', url,
                                '-vf', SHOWINFO, '-f', 'null', '-'], { nice: NICE });
  },
  shown: countFrames,
};

const mpv = {
  start(url) {
    return new Child('mpv', ['--no-config', '--vo=null', '--ao=null',
                         '--no-audio', '--no-input-terminal',
                         `--vf=lavfi=[${SHOWINFO}]`,
                         '--msg-level=all=warn,ffmpeg=v', url],
                     { nice: NICE });
  },
  shown: countFrames,
};

const vlc = {
  start(url) {
    const home = newFolder();
    const options = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

    mkdirSync(join(home, 'run'));
    for (const folder of [home, join(home, 'run')])
      chmodSync(folder, 0o777);
    const socket = join(home, 'run', 'rc');
    const child = new Child('vlc', ['-I', 'oldrc', '--rc-unix', socket,
      '--rc-fake-tty', '--no-audio', '--vout', 'dummy',
      '--no-video-title-show', '--stats', '--no-color', '--verbose', '1',
      '--adaptive-lowlatency', '1', '--network-caching', '300', url], {
      ...options, nice: NICE,
      env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: join(home, 'run') },
    });
    child.rcSocket = socket;
    return child;
  },
  /* Asks VLC itself, as its only trace of frames shown. */
  async look(child) {
    const text = await askVlc(child.rcSocket, 'stats');
    const number = (name) => Number(
      new RegExp(`${name} *: *(\\d+)`).exec(text)?.[1] ?? 0);
    child.shown = number('frames displayed');
    child.lost = number('frames lost');
  },
  shown: (child) => child.shown ?? 0,
};

async function askVlc(path, command) {
  for (let i = 0; i < 50 && !existsSync(path); i++)
    await sleep(100);
  return new Promise((resolve) => {
    const socket = createConnection(path);
    let text = '';
    const done = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setEncoding('utf8');
    socket.on('error', done);
    socket.on('data', (more) => {
      text += more;
      if (/end of statistical info/.test(text))
        done();
    });
    socket.setTimeout(3000, done);
    socket.write(`${command}\n`);
  });
}

const gstreamer = {
  start(url) {
    // playbin3 brings the streams-aware hlsdemux2; -v prints each change of
    // the counters that fpsdisplaysink keeps.
    return new Child('gst-launch-1.0', ['-v', '-e', 'playbin3', `uri=${url}`,
      'video-sink=fpsdisplaysink text-overlay=false sync=true ' +
      'video-sink=fakesink', 'audio-sink=fakesink'], {
      env: { ...process.env, GST_DEBUG: '2', GST_DEBUG_NO_COLOR: '1' },
      nice: NICE,
    });
  },
  shown(child) {
    const all = [...child.output.matchAll(/rendered: (\d+), dropped: (\d+)/g)];
    child.lost = Number(all.at(-1)?.[2] ?? 0);
    return Number(all.at(-1)?.[1] ?? 0);
  },
};

const KINDS = { ffplay, ffmpeg, mpv, vlc, gstreamer };

/* Starts a player; its frames can be asked for while it plays. */
export function startPlayer(name, url) {
  const kind = KINDS[name];
  const child = kind.start(url);
  const begun = performance.now();

  return {
    name,
    child,
    get seconds() {
      return (performance.now() - begun) / 1000;
    },
    /* Frames shown until now. */
    async frames() {
      await kind.look?.(child);
      return kind.shown(child);
    },
    get lost() {
      return child.lost ?? 0;
    },
    stop: () => child.kill(),
  };
}
